"""All the rules of one namespace: the tables of iptables in both backends, foreign chains of nftables, NAT
and connection tracking, in the order in which the kernel asks them.

Priorities are those of ``linux/netfilter_ipv4.h``: raw −300, conntrack −200, mangle −150, destination NAT
−100, filter 0, security 50, source NAT 100, and at the very end the confirmation of a new connection.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

import msgspec

from mitate.analyze.trace.conntrack import Sessions, State, Tracked, said
from mitate.analyze.trace.netfilter import nat
from mitate.analyze.trace.netfilter.chain import Chain, Table, run
from mitate.analyze.trace.netfilter.compile import Chains, tables
from mitate.analyze.trace.netfilter.purpose import purpose
from mitate.analyze.trace.netfilter.rule import ACCEPT
from mitate.analyze.trace.netfilter.sets import Set
from mitate.analyze.trace.netfilter.skb import Skb, Way
from mitate.analyze.trace.packet import Packet
from mitate.model.diagnosis import Evidence
from mitate.model.net import IpSet, IptablesChain, IptablesRule, NftChain, NftRule, NftSet
from mitate.model.source import Fact
from mitate.model.trace import Step

_TABLES: Mapping[str, tuple[tuple[str, int], ...]] = {
    "PREROUTING": (("raw", -300), ("mangle", -150), ("nat", -100)),
    "INPUT": (("mangle", -150), ("filter", 0), ("security", 50), ("nat", 100)),
    "FORWARD": (("mangle", -150), ("filter", 0), ("security", 50)),
    "OUTPUT": (("raw", -300), ("mangle", -150), ("nat", -100), ("filter", 0), ("security", 50)),
    "POSTROUTING": (("mangle", -150), ("nat", 100)),
}
_BRIDGE_TABLES: Mapping[str, tuple[tuple[str, str, int], ...]] = {
    "PREROUTING": (("broute", "BROUTING", -400), ("nat", "PREROUTING", -300)),
    "INPUT": (("filter", "INPUT", -200),),
    "FORWARD": (("filter", "FORWARD", -200),),
    "OUTPUT": (("nat", "OUTPUT", 100), ("filter", "OUTPUT", 200)),
    "POSTROUTING": (("nat", "POSTROUTING", 300),),
}
"""ebtables: hook → (table, chain, priority); the rules of bridged IP packets come at 0, or at the end."""
HOOKS = frozenset(_TABLES)
_CONNTRACK = -200
_ENTRY = frozenset({"PREROUTING", "OUTPUT"})
_EXIT = frozenset({"INPUT", "POSTROUTING"})
_TRACKS = ("-m state", "-m conntrack", "-m connmark", "-m connlimit", "-j CT", "-j CONNMARK", "-m helper")
"""What makes the kernel track the connections of a namespace (``nf_ct_netns_get``), beside a nat table."""


class Crossed(msgspec.Struct, frozen=True):
    """What became of a packet at a hook.

    packet: with addresses, ports and marks changed. by: the rule that dropped or rejected it, or the chain
    whose policy did; of an accepted packet the rule that took it out of connection tracking. trail: the
    chains that led there. hint: the code of the reason that such a rule gives, "" when it passed. answer:
    what REJECT sends back (src 0: the address by which the namespace reaches the sender), and answer_track,
    with which it crosses OUTPUT.

    After a drop the rest of the hook is still worked out as if it had passed, for walks that go on.
    """

    packet: Packet
    verdict: str
    steps: tuple[Step, ...] = ()
    track: Tracked | None = None
    by: Fact | None = None
    legacy: bool = False
    answer: Packet | None = None
    assumptions: tuple[str, ...] = ()
    untracked: bool = False
    trail: tuple[str, ...] = ()
    hint: str = ""

    @property
    def answer_track(self) -> Tracked | None:
        return self.track.answer() if self.track is not None else None


class _Base(msgspec.Struct, frozen=True):
    """A chain that the kernel calls. chains: those that it can jump to."""

    table: str
    chain: Chain
    chains: Table
    legacy: bool


_Stage = Callable[[Skb, Sessions], None]


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
        self._plans: dict[str, tuple[_Stage, ...]] = {}
        self._bridge_plans: dict[str, tuple[_Stage, ...]] = {}
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
        return _crossed(skb, self.both)

    def cross_bridge(self, hook: str, packet: Packet, way: Way) -> Crossed:
        """Take a frame, ARP or IPv4, through a hook of the bridge; ``packet.vlan`` is its tag. way.iif and
        way.oif: the bridge. Where bridged IP packets pass the rules of iptables too, PREROUTING and FORWARD
        here come before those, POSTROUTING after. Raises ValueError for a hook that does not exist."""
        plan = self._bridge_plans.get(hook)
        if plan is None:
            plan = self._bridge_plans[hook] = self._bridge_plan(hook)
        if not plan:
            return Crossed(packet, ACCEPT)
        skb = Skb(hook, packet, way)
        sessions = Sessions()
        for stage in plan:
            stage(skb, sessions)
        return _crossed(skb, self.both)

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
        return any(table == "nat" for family, _, table in self.tables if family == "ip") or any(
            word in rule.rule for rule in self._rules for word in _TRACKS
        )

    def _plan(self, hook: str) -> tuple[_Stage, ...]:
        if hook not in HOOKS:
            raise ValueError(f"there is no hook {hook}")
        stages: list[tuple[int, int, _Stage]] = []
        translators: list[_Base] = []
        for table, priority in _TABLES[hook]:
            for legacy in (False, True):
                chains = self.tables.get(("ip", legacy, table))
                chain = chains.get(hook) if chains else None
                if chains is None or chain is None:
                    continue
                base = _Base(table, chain, chains, legacy)
                if table == "nat":
                    translators.append(base)
                elif chain.rules or chain.policy != ACCEPT:
                    stages.append((priority, len(stages), _filter(base)))
        if self.tracks:
            if hook in _ENTRY:
                stages.append((_CONNTRACK, len(stages), self._track))
            if hook != "FORWARD":
                at = -100 if hook in nat.DESTINATION else 100
                stages.append((at, len(stages), _translate(translators)))
            if hook in _EXIT:
                stages.append((1 << 31, len(stages), self._confirm))
        return tuple(stage for _, _, stage in sorted(stages, key=lambda one: one[:2]))

    def _bridge_plan(self, hook: str) -> tuple[_Stage, ...]:
        if hook not in _BRIDGE_TABLES:
            raise ValueError(f"there is no hook {hook}")
        stages: list[tuple[int, int, _Stage]] = []
        for table, name, priority in _BRIDGE_TABLES[hook]:
            for legacy in (False, True):
                chains = self.tables.get(("bridge", legacy, table))
                chain = chains.get(name) if chains else None
                if chains is not None and chain is not None and (chain.rules or chain.policy != ACCEPT):
                    stages.append((priority, len(stages), _filter(_Base(table, chain, chains, legacy))))
        return tuple(stage for _, _, stage in sorted(stages, key=lambda one: one[:2]))

    def _track(self, skb: Skb, sessions: Sessions) -> None:
        if skb.tracked is not None:  # not tracked, or seen already: an answer, or what comes by lo
            return
        tracked = sessions.track(self.space, skb.packet, skb.zone)
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

    def _confirm(self, skb: Skb, sessions: Sessions) -> None:
        tracked = skb.tracked
        if tracked is None or tracked.state is not State.NEW or tracked.connection is None:
            return
        if not tracked.connection.confirmed:
            sessions.confirm(self.space, tracked.connection)


def _filter(base: _Base) -> _Stage:
    def stage(skb: Skb, _sessions: Sessions) -> None:
        before = skb.mark
        _decide(base, skb)
        if skb.mark != before and skb.marked_by is not None:
            rule = skb.marked_by
            skb.step(
                "mark",
                f"{rule.where(skb.hook)}: mark {before:#x} → {skb.mark:#x}",
                rule.evidence,
            )

    return stage


def _decide(base: _Base, skb: Skb) -> None:
    """Ask one chain; the first that drops or rejects in a hook is the one that is told."""
    earlier = (skb.by, skb.legacy, skb.answer, skb.trail)
    decided = skb.verdict != ACCEPT
    skb.trail = []
    verdict = run(base.chains, base.chain, skb)
    if verdict is None:
        verdict = base.chain.policy or ACCEPT
        skb.trail = [base.chain.name]
        if verdict != ACCEPT:
            skb.by = base.chain.fact
        elif base.table == "filter" and base.chain.fact is not None:
            skb.step("filter", _policy(base.chain.fact, skb.hook, verdict))
    if decided or verdict == ACCEPT:
        skb.by, skb.legacy, skb.answer, skb.trail = earlier
        return
    if isinstance(skb.by, IptablesChain | NftChain):
        skb.step("filter", _policy(skb.by, skb.hook, verdict), Evidence.of(skb.by))
    skb.verdict = verdict
    skb.legacy = base.legacy


def _policy(fact: IptablesChain | NftChain, hook: str, verdict: str) -> str:
    where = hook if fact.chain == hook else f"{hook} {fact.chain}"
    table = "" if fact.table == "filter" else f"{fact.table} "
    legacy = " (legacy)" if isinstance(fact, IptablesChain) and fact.legacy else ""
    return f"{table}{where}{legacy}: policy {verdict.upper()}"


def _translate(bases: Sequence[_Base]) -> _Stage:
    def stage(skb: Skb, _sessions: Sessions) -> None:
        if nat.is_open(skb):
            for base in bases:
                _decide(base, skb)
                if not nat.is_open(skb):
                    break
            nat.close(skb)
        nat.apply(skb)

    return stage


def _crossed(skb: Skb, both: bool) -> Crossed:
    by = skb.by
    if by is None and skb.notrack is not None:
        by = skb.notrack.fact
    passed = skb.verdict == ACCEPT
    return Crossed(
        packet=skb.now(),
        verdict=skb.verdict,
        steps=tuple(skb.steps),
        track=skb.tracked,
        by=by,
        legacy=skb.legacy,
        answer=skb.answer,
        assumptions=tuple(skb.assumptions),
        untracked=skb.tracked is not None and skb.tracked.state is State.UNTRACKED,
        trail=() if passed else tuple(skb.trail),
        hint="" if passed and skb.notrack is None else purpose(by, skb.trail, both),
    )
