"""Which chains the kernel asks at which hook, and in what order.

Priorities are those of ``linux/netfilter_ipv4.h`` and ``netfilter_bridge.h``. All nat chains of a hook are
asked at one place, whatever priority they give (``nf_nat_register_fn``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

import msgspec

from mitate.analyze.trace.conntrack import Sessions, Space, said
from mitate.analyze.trace.netfilter import nat
from mitate.analyze.trace.netfilter.chain import Chain, Table, run
from mitate.analyze.trace.netfilter.compile import Chains
from mitate.analyze.trace.netfilter.nft import NftChains
from mitate.analyze.trace.netfilter.rule import ACCEPT
from mitate.analyze.trace.netfilter.skb import Skb
from mitate.model.diagnosis import Evidence
from mitate.model.net import IptablesChain, NftChain

FIRST, CONNTRACK, NAT_DST, NAT_SRC, CONFIRM = -(1 << 31), -200, -100, 100, 1 << 31
_TABLES: Mapping[str, tuple[tuple[str, int], ...]] = {
    "PREROUTING": (("raw", -300), ("mangle", -150), ("nat", NAT_DST)),
    "INPUT": (("mangle", -150), ("filter", 0), ("security", 50), ("nat", NAT_SRC)),
    "FORWARD": (("mangle", -150), ("filter", 0), ("security", 50)),
    "OUTPUT": (("raw", -300), ("mangle", -150), ("nat", NAT_DST), ("filter", 0), ("security", 50)),
    "POSTROUTING": (("mangle", -150), ("nat", NAT_SRC)),
}
_BRIDGE_TABLES: Mapping[str, tuple[tuple[str, str, int], ...]] = {
    "PREROUTING": (("broute", "BROUTING", -400), ("nat", "PREROUTING", -300)),
    "INPUT": (("filter", "INPUT", -200),),
    "FORWARD": (("filter", "FORWARD", -200),),
    "OUTPUT": (("nat", "OUTPUT", 100), ("filter", "OUTPUT", 200)),
    "POSTROUTING": (("nat", "POSTROUTING", 300),),
}
"""ebtables: hook → (table, chain, priority)"""

Stage: TypeAlias = Callable[[Skb, Sessions], None]


class Base(msgspec.Struct, frozen=True):
    """A chain that the kernel calls. chains: those that it can jump to. table_type: "nat" where it is only
    asked about first packets."""

    table: str
    table_type: str
    priority: int
    chain: Chain
    chains: Table
    legacy: bool = False


def of_iptables(hook: str, tables: Mapping[tuple[str, bool, str], Chains]) -> Iterator[Base]:
    """Raises ValueError for a hook that does not exist."""
    if hook not in _TABLES:
        raise ValueError(f"there is no hook {hook}")
    for table, priority in _TABLES[hook]:
        for legacy in (False, True):
            yield from _base(tables, ("ip", legacy, table), hook, priority)


def of_ebtables(hook: str, tables: Mapping[tuple[str, bool, str], Chains]) -> Iterator[Base]:
    """Raises ValueError for a hook that does not exist."""
    if hook not in _BRIDGE_TABLES:
        raise ValueError(f"there is no hook {hook}")
    for table, name, priority in _BRIDGE_TABLES[hook]:
        for legacy in (False, True):
            yield from _base(tables, ("bridge", legacy, table), name, priority)


def _base(
    tables: Mapping[tuple[str, bool, str], Chains], key: tuple[str, bool, str], name: str, priority: int
) -> Iterator[Base]:
    family, legacy, table = key
    chains = tables.get(key)
    chain = chains.get(name) if chains is not None else None
    if chains is None or chain is None:
        return
    if chain.rules or chain.policy != ACCEPT or table == "filter":
        kind = "nat" if table == "nat" and family == "ip" else "filter"
        yield Base(table, kind, priority, chain, chains, legacy)


def of_nft(hook: str, tables: Mapping[tuple[str, str], NftChains], bridge: bool = False) -> Iterator[Base]:
    """Of chains of one priority, the one that was made last is asked first (``nf_hook_entries_grow``); nft
    lists them as they were made."""
    for (family, table), chains in reversed(list(tables.items())):
        if family not in (("bridge",) if bridge else ("ip", "inet")):
            continue
        for fact in reversed(chains.facts.values()):
            chain = chains.get(fact.chain) if fact.hook.upper() == hook else None
            if chain is not None and (chain.rules or chain.policy != ACCEPT):
                kind = "nat" if fact.type == "nat" else "filter"
                yield Base(table, kind, fact.priority or 0, chain, chains)


def filtering(base: Base) -> Stage:
    def stage(skb: Skb, _sessions: Sessions) -> None:
        before = skb.mark
        _decide(base, skb)
        if skb.mark != before and skb.marked_by is not None:
            rule = skb.marked_by
            skb.step("mark", f"{rule.where(skb.hook)}: mark {before:#x} → {skb.mark:#x}", rule.evidence)

    return stage


def translating(bases: Sequence[Base], space: Space) -> Stage:
    """All nat chains of a hook. Those of nftables are asked before the legacy ones, which the kernel may do
    the other way round: the one that was loaded last is first."""
    bases = sorted(bases, key=lambda one: one.priority)
    both = len({base.legacy for base in bases}) > 1

    def stage(skb: Skb, sessions: Sessions) -> None:
        if nat.is_open(skb):
            for base in bases:
                _decide(base, skb)
                if not nat.is_open(skb):
                    if both:
                        skb.assume(
                            f"nat {skb.hook}: both backends have rules; who decided is taken to be first"
                        )
                    break
            nat.close(skb)
            connection = skb.tracked.connection if skb.tracked is not None else None
            if skb.hook not in nat.DESTINATION and connection and sessions.taken(space, connection):
                skb.assume(f"{said(connection.reply)} is another connection's: the kernel takes another port")
        nat.apply(skb)

    return stage


def _decide(base: Base, skb: Skb) -> None:
    """Ask one chain; the first that drops or rejects in a hook is the one that is told."""
    earlier = (skb.by, skb.answer, skb.answer_track, skb.trail)
    steps = len(skb.steps)
    skb.trail = []
    verdict = run(base.chains, base.chain, skb)
    if verdict is None:
        verdict = base.chain.policy or ACCEPT
        skb.trail = [base.chain.name]
        if verdict != ACCEPT:
            skb.by = base.chain.fact
        elif base.table == "filter" and base.chain.fact is not None:
            skb.step("filter", _policy(base.chain.fact, skb.hook, verdict))
    if isinstance(skb.by, IptablesChain | NftChain) and skb.by is not earlier[0]:
        skb.step("filter", _policy(skb.by, skb.hook, verdict), Evidence.of(skb.by))
    if skb.verdict != ACCEPT or verdict == ACCEPT:
        skb.by, skb.answer, skb.answer_track, skb.trail = earlier
        return
    skb.verdict = verdict
    skb.legacy = base.legacy
    if len(skb.steps) > steps:
        skb.says = skb.steps[-1].did


def _policy(fact: IptablesChain | NftChain, hook: str, verdict: str) -> str:
    where = hook if fact.chain == hook else f"{hook} {fact.chain}"
    table = "" if fact.table == "filter" else f"{fact.table} "
    legacy = " (legacy)" if isinstance(fact, IptablesChain) and fact.legacy else ""
    return f"{table}{where}{legacy}: policy {verdict.upper()}"
