"""What a walk writes down: hops and steps, failures, sizes that were lost, and where it was, so that it can
go back and try another way."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Self

import msgspec

from mitate.analyze.trace.conntrack import Sessions
from mitate.analyze.trace.ends import End
from mitate.analyze.trace.neighbours import Answers
from mitate.analyze.trace.netfilter import Crossed
from mitate.analyze.trace.openflow import Tracker
from mitate.analyze.trace.packet import Packet
from mitate.analyze.trace.space import Device, Space
from mitate.analyze.trace.world import World
from mitate.model.diagnosis import Confidence, Evidence
from mitate.model.path_reasons import BY_CODE
from mitate.model.source import Fact
from mitate.model.trace import At, Direction, Disposition, Failure, Hop, Step


class Lost(msgspec.Struct, frozen=True):
    """Sizes that ended at a limit while smaller ones went on. signal: the ICMP error sent, and by whom."""

    sizes: tuple[int, ...]
    limit: int
    hops: tuple[Hop, ...]
    failure: Failure
    disposition: Disposition
    emitter: Device | None = None
    offending: Packet | None = None


class _Visit:
    """A hop while it is being made."""

    __slots__ = ("enters", "leaves", "space", "steps")

    def __init__(self, space: Space | None, enters: str) -> None:
        self.space = space
        self.enters = enters
        self.leaves = ""
        self.steps: list[Step] = []

    def hop(self) -> Hop:
        space = self.space
        if space is None:
            return Hop("", "", self.enters, self.leaves, tuple(self.steps))
        return Hop(space.host, space.name, self.enters, self.leaves, tuple(self.steps), space.guest)


class Common:
    """What the walks of one question share: there, back, and ICMP errors."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.sessions = Sessions(world.captured)
        self.tracker = Tracker({host: each.captured for host, each in world.switches.items()})
        self.answers: dict[tuple[int, int], Answers] = {}
        """Who answered whom by ARP: (asking device, address)."""
        self.learnt: dict[tuple[int, str], Device] = {}
        """What bridges learn from these very packets: (bridge, MAC) → port."""
        self.met: dict[tuple[int, int], str] = {}
        """The MACs of neighbours who asked for an address here: (device, neighbour's address) → MAC."""
        self.remotes: dict[tuple[int, str], str] = {}
        """What VXLAN devices learn from them: (device, MAC) → tunnel endpoint."""
        self.assumptions: dict[str, None] = {}
        self.as_wanted: set[str] = set()
        """Reasons that are as the API wants them: a security group that allows no such packet."""
        self.doubts: dict[str, Failure] = {}
        self.blind = 0
        """How often something was needed that nobody could see."""
        self.unseen: dict[str, Failure] = {}
        """What was needed and nobody could see."""

    def assume(self, words: str) -> None:
        self.assumptions.setdefault(words)


class Book:
    """What is known of one packet in one direction. sizes: those still on the way.
    failures: in the order they were met."""

    def __init__(self, common: Common, direction: Direction, sizes: Iterable[int], client: int = 0) -> None:
        self.common = common
        self.world = common.world
        self.direction = direction
        self.sizes = sorted(set(sizes))
        self.cut = 65535
        """The largest fragment, once it was fragmented."""
        self.overhead = 0
        """Bytes that tunnels have put around the packet so far."""
        self.visits: list[_Visit] = []
        self.flow = ""
        self.failures: list[Failure] = []
        self.ended: Disposition | None = None
        """How it ended really: at the first failure."""
        self.lost: list[Lost] = []
        self.resolved: tuple[Device, Fact | None, str] | None = None
        """Who last chose the destination MAC, out of which entry."""
        self.asking = 0
        """Within how many ARP questions this is."""
        self.outer: list[tuple[Device, Packet]] = []
        """The tunnels that it is in: device and frame inside."""
        self.client = client
        """The address at the far end of the question, of whoever asked first."""
        self.wanted: frozenset[int] | None = None
        """For a broadcast: the namespaces (by identity) that it is meant for."""
        self.untracked: Fact | None = None
        """The rule that took the packet out of connection tracking."""
        self.sent: Packet | None = None
        """The first frame, as its sender puts it on the wire."""
        self.exit: tuple[Device, Packet] | None = None
        """The card by which it left what was seen, and the frame."""
        self.answerers: dict[int, Device] = {}
        """The devices that answered, by identity: two of them may have one MAC."""
        self.took: set[str] = set()
        """The MACs whose owners took a frame."""
        self.heard: dict[str, Device | None] = {}
        """The MACs that answered an ARP question."""
        self.moves = 0
        self._passed: set[tuple[int, str, int, int, str]] = set()

    # -- the book of hops ---------------------------------------------------------------------------------

    @property
    def hops(self) -> tuple[Hop, ...]:
        return tuple(visit.hop() for visit in self.visits)

    def begin(self, space: Space | None, flow: str, kind: str = "originate", told: str = "") -> None:
        """The first hop. flow: the addresses that it begins with; told: what the step says, else the same."""
        self.flow = self.flow or flow
        self.visits.append(_Visit(space, ""))
        self.step(kind, told or flow)

    def step(self, kind: str, did: str, because: Evidence | None = None, reason: str = "") -> None:
        self.visits[-1].steps.append(Step(kind, did, because, reason))

    def steps(self, steps: Iterable[Step]) -> None:
        self.visits[-1].steps.extend(steps)

    def crossed(self, crossed: Crossed) -> None:
        """What a firewall did, and what it could not tell."""
        self.visits[-1].steps.extend(crossed.steps)
        for words in crossed.assumptions:
            self.common.assume(words)
        if crossed.untracked and crossed.by is not None:
            self.untracked = crossed.by

    def aside(self) -> Self:
        """A walk of its own for a question that this one has (ARP)."""
        other = type(self)(self.common, self.direction, (28,), self.client)
        other.asking, other.outer = self.asking + 1, list(self.outer)
        return other

    def passes_again(self, space: Space, device: Device, packet: Packet) -> bool:
        """Whether this packet was routed here before."""
        key = (id(space), device.name, packet.src, packet.dst, "tunnel" if self.outer else "")
        if key in self._passed:
            return True
        self._passed.add(key)
        return False

    def leave(self, device: Device) -> None:
        visit = self.visits[-1]
        visit.leaves = device.name
        visit.steps.append(Step("exit", f"out by {device.name}"))

    def enter(self, device: Device) -> None:
        space, visit = device.space, self.visits[-1] if self.visits else None
        if visit is not None and visit.space is space and (not visit.steps or visit.steps[-1].kind != "exit"):
            return
        if visit is not None and visit.space is space:
            visit.steps.pop()  # it only went from one device to the next of the same namespace
            visit.leaves = ""
            visit.steps.append(Step("bridge_lookup", f"on to {device.name}"))
            return
        self.visits.append(_Visit(space, device.name))
        self.step("enter", f"in by {device.name}")

    def through_switch(self, host: Space, port: str) -> None:
        """Out of a namespace by an internal port, into the switch of the host."""
        self.visits.append(_Visit(host, port))
        self.step("enter", f"in by {port}")

    # -- failures -----------------------------------------------------------------------------------------

    def fail(
        self,
        code: str,
        says: str,
        kind: str,
        at: Device | Space | None,
        disposition: Disposition = Disposition.DROPPED,
        seen: Iterable[Fact | Evidence | None] = (),
        confidence: Confidence = Confidence.PREDICTED,
        fix: tuple[str, ...] = (),
    ) -> Failure:
        """Note a failure; whoever calls decides whether there is a way on."""
        evidence = tuple(
            each if isinstance(each, Evidence) else Evidence.of(each) for each in seen if each is not None
        )
        place = _at(at)
        failure = Failure(
            code=code,
            layer=BY_CODE[code].layer,
            at=place,
            confidence=confidence,
            says=says,
            fix=fix or (BY_CODE[code].fix,),
            evidence=evidence,
            direction=self.direction,
            first=self.ended is None,
        )
        if all(known.code != code or known.at != place for known in self.failures):
            self.failures.append(failure)
        if self.ended is None:
            self.ended = disposition
        self.step(kind, says, evidence[0] if evidence else None, code)
        return failure

    def adopt(self, failure: Failure, disposition: Disposition) -> None:
        """A failure that a question of this walk met."""
        first = self.ended is None
        if first:
            self.ended = disposition
        if all(known.code != failure.code or known.at != failure.at for known in self.failures):
            self.failures.append(msgspec.structs.replace(failure, first=first))

    def fragment(self, mtu: int) -> None:
        """A packet without DF is cut to ``mtu`` here; what follows is asked to carry no more than that."""
        self.cut = min(self.cut, mtu - self.overhead)

    def doubt(self, code: str, says: str, at: Device, seen: Iterable[Fact]) -> None:
        """Something that speaks against the path, and does not prove anything."""
        evidence = tuple(Evidence.of(each) for each in seen)
        reason = BY_CODE[code]
        self.step("neigh", says, evidence[0] if evidence else None)
        self.common.doubts.setdefault(
            says,
            Failure(
                code,
                reason.layer,
                _at(at),
                Confidence.INFERRED,
                says,
                (reason.fix,),
                evidence,
                self.direction,
            ),
        )

    def unseen(self, code: str, says: str, at: Device | Space | None) -> None:
        """Something needed could not be seen: no failure, but no success either."""
        self.common.blind += 1
        if says not in self.common.unseen:
            failure = Failure(
                code, BY_CODE[code].layer, _at(at), Confidence.INFERRED, says, (BY_CODE[code].fix,)
            )
            self.common.unseen[says] = failure
            self.common.assume(says)

    def needs(self, space: Space, *kinds: type[Fact]) -> None:
        """Say so when one of these kinds of facts was not seen on that host."""
        lacking = space.lacks(*kinds)
        if lacking:
            where = f"{space.host} {space.name}".rstrip()
            self.unseen(
                "INSUFFICIENT_INFO_TABLE",
                f"{lacking} of {where} could not be seen: taken as letting it pass",
                space,
            )

    def too_big(
        self,
        limit: int,
        code: str,
        says: str,
        at: Device,
        disposition: Disposition,
        seen: Iterable[Fact | Evidence | None] = (),
        emitter: Device | None = None,
        offending: Packet | None = None,
        whole: bool = False,
    ) -> None:
        """Take the sizes that are larger than ``limit`` here, where tunnels have added ``overhead``. whole:
        by their size as it was before they were fragmented."""
        most = limit - self.overhead
        gone = tuple(size for size in self.sizes if (size if whole else min(size, self.cut)) > most)
        if not gone or self.asking or self.ended is not None:
            return
        self.sizes = [size for size in self.sizes if size not in gone]
        evidence = tuple(
            each if isinstance(each, Evidence) else Evidence.of(each) for each in seen if each is not None
        )
        failure = Failure(
            code,
            BY_CODE[code].layer,
            _at(at),
            Confidence.PREDICTED,
            says,
            (BY_CODE[code].fix,),
            evidence,
            self.direction,
        )
        hops = list(self.hops)
        last = hops[-1]
        step = Step("mtu", says, evidence[0] if evidence else None, code)
        hops[-1] = Hop(last.host, last.namespace, last.enters, "", (*last.steps, step), last.guest)
        self.lost.append(Lost(gone, most, tuple(hops), failure, disposition, emitter, offending))

    # -- several ways -------------------------------------------------------------------------------------

    def best(self, ways: Iterable[Callable[[], End]], every: bool = False) -> End | None:
        """Try ways one after the other: the first that ends well, else the one that ends accepted with the
        fewest failures, else the one with the most to tell. every: all are taken, as by a broadcast."""
        before = self.mark()
        chosen: tuple[tuple[bool, int, bool, int], End, _Mark] | None = None
        for way in ways:
            end = way()
            after = self.mark()
            bad = len(after.failures) - len(before.failures)
            if end.accepted and not bad and not every:
                return end
            score = (end.accepted, -bad if end.accepted else bad, end.disposition.unknown, len(after.visits))
            if chosen is None or score > chosen[0]:
                chosen = (score, end, after)
            self.restore(before)
        if chosen is None:
            return None
        self.restore(chosen[2])
        return chosen[1]

    def mark(self) -> _Mark:
        """Where the walk is now, to come back to."""
        return _Mark(
            [(visit, visit.leaves, list(visit.steps)) for visit in self.visits],
            list(self.failures),
            self.ended,
            list(self.lost),
            list(self.sizes),
            self.resolved,
            list(self.outer),
            self.overhead,
        )

    def restore(self, mark: _Mark) -> None:
        self.visits = [visit for visit, _, _ in mark.visits]
        for visit, leaves, steps in mark.visits:
            visit.leaves, visit.steps = leaves, list(steps)
        self.failures, self.ended = list(mark.failures), mark.ended
        self.lost, self.sizes, self.resolved = list(mark.lost), list(mark.sizes), mark.resolved
        self.outer, self.overhead = list(mark.outer), mark.overhead


class _Mark(msgspec.Struct, frozen=True):
    """Where a walk was, so that another way can be tried from there."""

    visits: list[tuple[_Visit, str, list[Step]]]
    failures: list[Failure]
    ended: Disposition | None
    lost: list[Lost]
    sizes: list[int]
    resolved: tuple[Device, Fact | None, str] | None
    outer: list[tuple[Device, Packet]]
    overhead: int


def _at(place: Device | Space | None) -> At:
    if isinstance(place, Device):
        return At(place.space.host, place.space.name, place.name)
    if isinstance(place, Space):
        return At(place.host, place.name)
    return At("")
