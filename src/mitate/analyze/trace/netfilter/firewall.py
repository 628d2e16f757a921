"""All the rules of one namespace: the tables of iptables in both backends, foreign chains of nftables, NAT
and connection tracking, in the order in which the kernel asks them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import msgspec

from mitate.analyze.trace.conntrack import Sessions, State, Tracked, said
from mitate.analyze.trace.netfilter import hooks, nat
from mitate.analyze.trace.netfilter.compile import Chains, tables
from mitate.analyze.trace.netfilter.hooks import Stage
from mitate.analyze.trace.netfilter.nft import NftChains, nft_tables
from mitate.analyze.trace.netfilter.purpose import purpose
from mitate.analyze.trace.netfilter.rule import ACCEPT
from mitate.analyze.trace.netfilter.sets import Set
from mitate.analyze.trace.netfilter.skb import Skb, Way
from mitate.analyze.trace.packet import Packet
from mitate.model.diagnosis import Evidence
from mitate.model.net import IpSet, IptablesChain, IptablesRule, NftChain, NftRule, NftSet
from mitate.model.source import Fact
from mitate.model.trace import Step

_TRACKS = ("-m state", "-m conntrack", "-m connmark", "-m connlimit", "-j CT", "-j CONNMARK", "-m helper")
"""What makes the kernel track the connections of a namespace (``nf_ct_netns_get``), beside a nat table."""


class Crossed(msgspec.Struct, frozen=True):
    """What became of a packet at a hook.

    packet: with addresses, ports and marks changed. by: the rule that dropped or rejected it, or the chain
    whose policy did; of an accepted packet the rule that took it out of connection tracking. trail: the
    chains that led there. says: the decision in words. hint: the code of the reason that such a rule gives.
    answer: what REJECT sends back (src 0: the address by which the namespace reaches the sender), and
    answer_track, with which it crosses OUTPUT.

    After a drop the rest of the hook is still worked out as if it had passed, for walks that go on.
    """

    packet: Packet
    verdict: str
    steps: tuple[Step, ...] = ()
    track: Tracked | None = None
    by: Fact | None = None
    legacy: bool = False
    answer: Packet | None = None
    answer_track: Tracked | None = None
    assumptions: tuple[str, ...] = ()
    untracked: bool = False
    trail: tuple[str, ...] = ()
    says: str = ""
    hint: str = ""


class Firewall:
    """The rules of one namespace. A hook is compiled when it is first crossed; after that nothing changes, so
    walks share it. Nothing raises: what cannot be understood is an assumption.

    addresses: of the namespace, by device, which MASQUERADE, REDIRECT and ``--dst-type LOCAL`` look at.
    """

    def __init__(
        self,
        host: str,
        namespace: str,
        chains: Sequence[IptablesChain],
        rules: Sequence[IptablesRule],
        sets: Sequence[IpSet] = (),
        nft_chains: Sequence[NftChain] = (),
        nft_rules: Sequence[NftRule] = (),
        nft_sets: Sequence[NftSet] = (),
        addresses: Mapping[str, Sequence[int]] | None = None,
    ) -> None:
        self.space = (host, namespace)
        self._chains = chains
        self._rules = rules
        self._sets = {one.name: Set(one) for one in sets}
        self._addresses = addresses or {}
        self._plans: dict[str, tuple[Stage, ...]] = {}
        self._bridge_plans: dict[str, tuple[Stage, ...]] = {}
        self._nft_facts = (nft_chains, nft_rules, nft_sets)

    def cross(
        self, hook: str, packet: Packet, way: Way, sessions: Sessions, track: Tracked | None = None
    ) -> Crossed:
        """Take an IPv4 packet through a hook. track: what an earlier hook of this namespace gave; None where
        the packet comes in. Raises ValueError for a hook that does not exist."""
        plan = self._plans.get(hook)
        if plan is None:
            plan = self._plans[hook] = self._plan(hook)
        skb = Skb(hook, packet, way, track, self._addresses)
        for stage in plan:
            stage(skb, sessions)
        return self._crossed(skb)

    def cross_bridge(self, hook: str, packet: Packet, way: Way) -> Crossed:
        """Take a frame, ARP or IPv4, through a hook of the bridge; ``packet.vlan`` is its tag. way.iif and
        way.oif: the bridge. Where bridged IP packets pass the rules of iptables too, each hook here comes
        before that (``br_netfilter_hooks.c``). Raises ValueError for a hook that does not exist."""
        plan = self._bridge_plans.get(hook)
        if plan is None:
            plan = self._bridge_plans[hook] = self._bridge_plan(hook)
        if not plan:
            return Crossed(packet, ACCEPT)
        skb = Skb(hook, packet, way)
        sessions = Sessions()
        for stage in plan:
            stage(skb, sessions)
        return self._crossed(skb)

    @cached_property
    def both(self) -> bool:
        """Rules stand in the legacy backend and in that of nftables."""
        return len({rule.legacy for rule in self._rules if rule.family == "ip"}) > 1

    @cached_property
    def tables(self) -> Mapping[tuple[str, bool, str], Chains]:
        """(family, legacy, table) → its chains by name."""
        return tables(self._chains, self._rules, self._sets)

    @cached_property
    def tracks(self) -> bool:
        """Whether the kernel tracks connections here: only where a rule or a nat table asks for it."""
        return (
            any(table == "nat" for family, _, table in self.tables if family == "ip")
            or any(word in rule.rule for rule in self._rules for word in _TRACKS)
            or any(chain.type == "nat" for chain in self._nft_facts[0])
            or any('"ct"' in rule.expression for rule in self._nft_facts[1])
        )

    @cached_property
    def _nft(self) -> Mapping[tuple[str, str], NftChains]:
        return nft_tables(*self._nft_facts)

    def _plan(self, hook: str) -> tuple[Stage, ...]:
        chains = [*hooks.of_iptables(hook, self.tables), *hooks.of_nft(hook, self._nft)]
        translators = [base for base in chains if base.table_type == "nat"]
        stages = [(base.priority, hooks.filtering(base)) for base in chains if base.table_type != "nat"]
        if self.tracks:
            if hook in ("PREROUTING", "OUTPUT"):
                stages.append((hooks.CONNTRACK, self._track))
            if hook != "FORWARD":
                at = hooks.NAT_DST if hook in nat.DESTINATION else hooks.NAT_SRC
                stages.append((at, hooks.translating(translators, self.space)))
            if hook in ("INPUT", "POSTROUTING"):
                stages.append((hooks.CONFIRM, self._confirm))
        if hook == "PREROUTING" and any(chain.family == "netdev" for chain in self._nft_facts[0]):
            stages.append((hooks.FIRST, self._ingress))
        return tuple(stage for _, stage in sorted(stages, key=lambda one: one[0]))

    def _bridge_plan(self, hook: str) -> tuple[Stage, ...]:
        chains = [*hooks.of_ebtables(hook, self.tables), *hooks.of_nft(hook, self._nft, bridge=True)]
        return tuple(hooks.filtering(base) for base in sorted(chains, key=lambda one: one.priority))

    def _track(self, skb: Skb, sessions: Sessions) -> None:
        if skb.tracked is not None:  # not tracked, or seen already: an answer, or what comes by lo
            return
        tracked = sessions.track(self.space, skb.packet, skb.zone or 0)
        skb.track(tracked)
        connection = tracked.connection
        zone = f" in zone {skb.zone}" if skb.zone else ""
        if connection is None:
            skb.step("conntrack_lookup", f"invalid{zone}: it belongs to no connection and cannot begin one")
            return
        if tracked.state is State.NEW and not connection.confirmed:
            skb.step("conntrack_lookup", f"new{zone}")
            return
        entry = connection.entry
        which = " (its reply)" if tracked.reply else ""
        skb.step(
            "conntrack_lookup",
            f"{(tracked.state.name or '').lower()}{zone}: {said(connection.first)}{which}",
            Evidence.of(entry) if entry is not None else None,
        )

    def _ingress(self, skb: Skb, _sessions: Sessions) -> None:
        for chain in self._nft_facts[0]:
            if chain.family == "netdev" and {skb.iif, skb.physin} & set(chain.devices):
                skb.assume(
                    f"nftables' chain {chain.table} {chain.chain} at the device is not modelled; "
                    "it is taken to let everything pass"
                )

    def _confirm(self, skb: Skb, sessions: Sessions) -> None:
        tracked = skb.tracked
        if tracked is None or tracked.state is not State.NEW or tracked.connection is None:
            return
        if not tracked.connection.confirmed:
            sessions.confirm(self.space, tracked.connection, passed=skb.verdict == ACCEPT)

    def _crossed(self, skb: Skb) -> Crossed:
        passed = skb.verdict == ACCEPT
        by = skb.notrack.fact if passed and skb.notrack is not None else skb.by
        hint = purpose(by, skb.trail, self.both, skb.way.bridged)
        if hint == "PS_IP_SPOOF" and not self._knows_mac(by, skb.packet.smac):
            hint = "PS_MAC_SPOOF"
        return Crossed(
            packet=skb.now(),
            verdict=skb.verdict,
            steps=tuple(skb.steps),
            track=skb.tracked,
            by=by,
            legacy=skb.legacy,
            answer=skb.answer,
            answer_track=skb.answer_track,
            assumptions=tuple(skb.assumptions),
            untracked=skb.tracked is not None and skb.tracked.state is State.UNTRACKED,
            trail=tuple(skb.trail),
            says=skb.says,
            hint=hint,
        )

    def _knows_mac(self, by: Fact | None, mac: str) -> bool:
        """Whether the chain that refused a packet of a port has its MAC, with another address."""
        return isinstance(by, IptablesRule) and any(
            f"--mac-source {mac}" in rule.rule.lower()
            for rule in self._rules
            if rule.chain == by.chain and rule.table == by.table
        )
