"""A packet while it passes the rules of a namespace: its headers, its way, and what was found out so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from mitate.analyze.trace.conntrack import State, Tracked
from mitate.analyze.trace.packet import Packet
from mitate.model.diagnosis import Evidence
from mitate.model.source import Fact
from mitate.model.trace import Step

if TYPE_CHECKING:
    from mitate.analyze.trace.netfilter.rule import Rule

_NONE: Mapping[str, Sequence[int]] = {}
RULES = 200_000
"""Rules looked at at one hook, before hostile chains are left."""
ASSUMPTIONS = 30
"""Told of one hook."""


class Way(msgspec.Struct, frozen=True):
    """Devices as rules see them: iif, oif at layer 3 (of bridged packets the bridge); physin, physout: the
    ports of the bridge. bridged: it does not leave the bridge."""

    iif: str = ""
    oif: str = ""
    physin: str = ""
    physout: str = ""
    bridged: bool = False


class Skb:
    """What a rule can look at, and change. ``packet`` holds the headers that nothing here changes.

    trail: the chains that it is in, from the hook's own. by: the rule or chain that decided. addresses: of
    the namespace, by device, the first of each first.
    """

    __slots__ = (
        "addresses",
        "answer",
        "answer_track",
        "assumptions",
        "by",
        "dport",
        "dst",
        "hook",
        "iif",
        "left",
        "legacy",
        "mark",
        "marked_by",
        "notrack",
        "oif",
        "packet",
        "physin",
        "physout",
        "proto",
        "says",
        "sport",
        "src",
        "state",
        "steps",
        "tracked",
        "trail",
        "verdict",
        "way",
        "zone",
    )

    def __init__(
        self,
        hook: str,
        packet: Packet,
        way: Way,
        tracked: Tracked | None = None,
        addresses: Mapping[str, Sequence[int]] = _NONE,
    ) -> None:
        self.addresses = addresses
        self.hook = hook
        self.packet = packet
        self.way = way
        self.src, self.dst, self.proto = packet.src, packet.dst, packet.proto
        self.sport, self.dport, self.mark = packet.sport, packet.dport, packet.mark
        # What a hook is told of: br_netfilter_hooks.c. POSTROUTING of routed packets has both since Linux 5.6
        leaves = hook not in ("PREROUTING", "INPUT")
        self.iif = "" if hook == "OUTPUT" or (hook == "POSTROUTING" and way.bridged) else way.iif
        self.physin = "" if hook == "OUTPUT" else way.physin
        self.oif, self.physout = (way.oif, way.physout) if leaves else ("", "")
        self.tracked = tracked
        self.state = states(tracked)
        self.zone: int | None = None  # of CT --zone; the first that is given stays
        self.verdict = "accept"
        self.says = ""
        self.notrack: Rule | None = None
        self.marked_by: Rule | None = None
        self.steps: list[Step] = []
        self.assumptions: dict[str, None] = {}
        self.trail: list[str] = []
        self.by: Fact | None = None
        self.legacy = False
        self.answer: Packet | None = None
        self.answer_track: Tracked | None = None
        self.left = RULES

    def step(self, kind: str, did: str, because: Evidence | None = None) -> None:
        self.steps.append(Step(kind, did, because))

    def assume(self, what: str) -> None:
        if len(self.assumptions) < ASSUMPTIONS:
            self.assumptions[what] = None
        elif len(self.assumptions) == ASSUMPTIONS:
            self.assumptions[f"{self.hook}: more rules were in doubt than are told here"] = None

    def track(self, tracked: Tracked) -> None:
        self.tracked = tracked
        self.state = states(tracked)

    def now(self) -> Packet:
        """The packet with what was changed so far."""
        was = self.packet
        if (self.src, self.dst, self.sport, self.dport, self.mark) == (
            was.src,
            was.dst,
            was.sport,
            was.dport,
            was.mark,
        ):
            return was
        self.packet = was.but(src=self.src, dst=self.dst, sport=self.sport, dport=self.dport, mark=self.mark)
        return self.packet


def states(tracked: Tracked | None) -> int:
    """The bits that a match on the state compares with. No connection tracking at all looks like INVALID."""
    if tracked is None:
        return int(State.INVALID)
    bits = int(tracked.state)
    if tracked.connection is not None:
        if tracked.connection.src_nat:
            bits |= State.SNAT
        if tracked.connection.dst_nat:
            bits |= State.DNAT
    return bits
