"""What a real probe showed, held against what was predicted. Pure: sightings and traces in, words out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise

import msgspec

from mitate.model.trace import At, Direction, Disposition, Drop, Live, Sighting, Trace

Spot = tuple[str, str, str, str]
"""host, namespace, device, "in" or "out": where a packet socket sees a packet."""
_KINDS = {
    Direction.FORWARD: ("request",),
    Direction.RETURN: ("reply", "reset"),
    Direction.ICMP_ERROR: ("error",),
}
_NAMES = {Direction.FORWARD: "packet", Direction.RETURN: "answer", Direction.ICMP_ERROR: "ICMP error"}


def agree(
    traces: Sequence[Trace], live: Live, watched: Mapping[str, Collection[str]], probe: int = 0
) -> Live:
    """The same with ``lost_after``, ``agrees``, and ``says`` in front of what it said.

    traces: the predicted ones of the probe's size: there, back, errors. watched: the namespaces that were
    listened to, by host: elsewhere nothing can be seen, nothing is expected. probe: the number of its shot.
    ``agrees`` is None when it was not sent, or when no place of the way could be watched.
    """
    ways = [_Way(trace, live, watched, probe) for trace in traces if trace.direction in _KINDS]
    there = next((way for way in ways if way.trace.direction is Direction.FORWARD), None)
    if there is None or live.answered is None or not there.spots:
        return live
    back = next((way for way in ways if way.trace.direction is Direction.RETURN), None)
    lost = None if live.answered else _lost_after(there, back)
    agrees, words = _compared(there, back, bool(live.answered))
    words += _named(live, lost, probe) if not live.answered else []
    words += _elsewhere([way for way in (there, back) if way], live, probe)
    return msgspec.structs.replace(live, lost_after=lost, agrees=agrees, says=(*words, *live.says))


class _Way:
    """One predicted way: the spots where it could be seen, and those where it was."""

    def __init__(self, trace: Trace, live: Live, watched: Mapping[str, Collection[str]], probe: int) -> None:
        self.trace = trace
        self.name = _NAMES[trace.direction]
        self.spots = [spot for spot in _spots(trace) if spot[1] in watched.get(spot[0], ())]
        kinds = _KINDS[trace.direction]
        self.sightings = [s for s in live.sightings if s.probe == probe and s.kind in kinds]
        seen = {_spot(s) for s in self.sightings}
        self.seen = [spot for spot in self.spots if spot in seen]

    @property
    def last(self) -> Spot | None:
        """The furthest place of the way at which it was seen."""
        return self.seen[-1] if self.seen else None

    @property
    def last_at(self) -> At | None:
        """The same; where it was seen on no predicted place, the last place where it was seen at all."""
        if self.last:
            return At(*self.last[:3])
        return self.sightings[-1].at if self.sightings else None

    @property
    def arrives(self) -> bool:
        return self.trace.disposition.succeeds


def _spots(trace: Trace) -> list[Spot]:
    """The places of a way. A port of Open vSwitch in a namespace is there, and not where the switch is."""
    pairs = [((one.host, one.leaves), (other.host, other.enters)) for one, other in pairwise(trace.hops)]
    inside = {left for left, entered in pairs if left == entered}
    found = []
    for hop in trace.hops:
        for device, way in ((hop.enters, "in"), (hop.leaves, "out")):
            if device and not hop.guest and (hop.namespace or (hop.host, device) not in inside):
                found.append((hop.host, hop.namespace, device, way))
    return found


def _spot(seen: Sighting) -> Spot:
    return (seen.at.host, seen.at.namespace, seen.at.device, seen.way)


def _lost_after(there: _Way, back: _Way | None) -> At | None:
    if back and back.sightings:
        return back.last_at
    return there.last_at


def _compared(there: _Way, back: _Way | None, answered: bool) -> tuple[bool | None, list[str]]:
    predicted = there.arrives and (back is None or back.arrives)
    unknown = any(way.trace.disposition.unknown for way in (there, back) if way)
    if answered:
        count = sum(len(way.seen) for way in (there, back) if way)
        of = sum(len(way.spots) for way in (there, back) if way)
        seen = f"seen at {count} of {of} predicted places"
        if unknown:
            return None, [f"It was answered, which could not be predicted ({seen})."]
        if predicted:
            return True, [f"It was answered, as predicted ({seen})."]
        failing = there if not there.arrives else back
        assert failing
        return False, [
            f"NOT AS PREDICTED: it was answered, but the {failing.name} should have been lost"
            f" ({failing.trace.reason}) ({seen})."
        ]
    if there.arrives and back and (back.sightings or _at_its_end(there)):
        return _lost(back, unknown)
    return _lost(there, unknown)


def _at_its_end(way: _Way) -> bool:
    return bool(way.spots) and way.last == way.spots[-1]


def _lost(way: _Way, unknown: bool) -> tuple[bool | None, list[str]]:
    """It did not come home: was it lost on this way, and where it should have been?"""
    last = way.last_at
    where = f"seen last at {last}" if last else "seen nowhere"
    if unknown or way.trace.disposition is Disposition.INSUFFICIENT_INFO:
        return None, [f"No answer came: the {way.name} was {where}. That could not be predicted."]
    if not way.spots:
        return None, [f"No answer came, and the way of the {way.name} could not be watched."]
    if way.arrives:
        expected = _after(way)
        missing = f"; it should have come to {At(*expected[:3])} next" if expected else ""
        return False, [f"NOT AS PREDICTED: no answer came. The {way.name} was {where}{missing}."]
    if last and _same_place(way, last):
        return True, [f"As predicted, no answer came: the {way.name} was {where} ({way.trace.reason})."]
    return False, [
        f"NOT AS PREDICTED: the {way.name} was {where}; it should have been lost after"
        f" {At(*way.spots[-1][:3])} ({way.trace.reason})."
    ]


def _after(way: _Way) -> Spot | None:
    """The place of the way behind the last one at which it was seen."""
    at = way.spots.index(way.last) + 1 if way.last else 0
    return way.spots[at] if at < len(way.spots) else None


def _same_place(way: _Way, last: At) -> bool:
    """It was seen last in the very namespace from which it should not have gone on."""
    end = way.spots[-1]
    return (last.host, last.namespace) == end[:2] and not _beyond(way)


def _beyond(way: _Way) -> bool:
    """It was seen to leave what it should not have left."""
    enters = [spot for spot in way.spots if spot[:2] == way.spots[-1][:2]]
    inside = {spot[2:] for spot in enters}
    return way.spots[-1][3] == "in" and any(
        s.way == "out"
        and (s.at.host, s.at.namespace) == way.spots[-1][:2]
        and (s.at.device, s.way) not in inside
        for s in way.sightings
    )


def _named(live: Live, lost: At | None, probe: int) -> list[str]:
    """What the kernel said of the packet where it was lost.

    OTHERHOST in a host's own namespace is no loss: every port of a bridge or of Open vSwitch lets the host's
    own stack look at a frame, which finds that it is for somebody else.
    """
    told = [
        drop
        for drop in live.drops
        if drop.probe == probe
        and same_space(drop, lost)
        and (drop.at.namespace or drop.reason != "OTHERHOST")
    ]
    return [
        f"The kernel of {d.at.host} dropped it: {d.reason}{f' in {d.location}' if d.location else ''}, device"
        f" {d.at.device or 'unknown'}."
        for d in dict.fromkeys(msgspec.structs.replace(d, time=None) for d in told)
    ]


def same_space(drop: Drop, at: At | None) -> bool:
    return at is not None and (drop.at.host, drop.at.namespace) == (at.host, at.namespace)


def _elsewhere(ways: Sequence[_Way], live: Live, probe: int) -> list[str]:
    """Namespaces where nobody expected it: a flooded copy, or another way than the predicted one."""
    expected = {spot[:2] for way in ways for spot in way.spots}
    met = [(s.at.host, s.at.namespace) for s in live.sightings if s.probe == probe and s.kind != "error"]
    odd = [place for place in dict.fromkeys(met) if place not in expected]
    return [
        f"It was also seen in {At(host, space)}, which is not on the predicted way." for host, space in odd
    ]
