"""What all formats say alike of a path: the verdict in a sentence, how each size fared, what to show."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

import msgspec

from mitate.model.diagnosis import Confidence, State
from mitate.model.topology import Device
from mitate.model.trace import At, Direction, Disposition, Failure, Hop, Live, Path, Step, Trace, Verdict
from mitate.report.digest.verdict import MARK
from mitate.report.digest.words import clean

_STATE = {Verdict.REACHABLE: State.OK, Verdict.UNDETERMINED: State.UNKNOWN}

_HEADLINE = {
    Verdict.REACHABLE: "The packet arrives, and the reply comes home.",
    Verdict.REACHABLE_SMALL_ONLY: "Small packets arrive and are answered, larger ones are lost.",
    Verdict.UNREACHABLE_FORWARD: "The packet does not arrive.",
    Verdict.UNREACHABLE_RETURN: "The packet arrives, but the reply does not come home.",
    Verdict.ANSWERED_BY_WRONG_NODE: "Somebody answers, but not the one who was meant.",
    Verdict.AMBIGUOUS: "It may arrive or not: more than one outcome is possible.",
    Verdict.UNDETERMINED: "It cannot be told whether the packet arrives.",
}

SAID = {
    Disposition.DELIVERED_ENDPOINT: "delivered",
    Disposition.DELIVERED_TO_SUBNET: "delivered to its subnet",
    Disposition.EXITS_SNAPSHOT: "leaves what was looked at",
    Disposition.DROPPED: "dropped",
    Disposition.REJECTED: "rejected, and told so",
    Disposition.NEIGH_UNRESOLVED: "nobody answers ARP",
    Disposition.NO_ROUTE: "no route",
    Disposition.BLACKHOLED: "thrown away by a route",
    Disposition.TOO_BIG_SIGNALLED: "fragmentation needed",
    Disposition.TOO_BIG_SILENT: "too big, dropped without a word",
    Disposition.MISDELIVERED: "delivered to somebody else",
    Disposition.ANSWERED_BY_OTHER: "answered by somebody else",
    Disposition.LOOP: "goes in circles",
    Disposition.TTL_EXPIRED: "crossed too many routers",
    Disposition.INSUFFICIENT_INFO: "not known: something could not be seen",
    Disposition.STALE_SNAPSHOT: "not known: what was seen is not of one moment",
    Disposition.UNSUPPORTED: "not known: cannot be modelled",
}

SURE = {
    Confidence.PROVED: "proved: seen on both sides",
    Confidence.CONFIRMED: "confirmed by a second view",
    Confidence.PREDICTED: "predicted from what the hosts show",
    Confidence.INFERRED: "inferred, with something missing",
}

AS_WANTED = "it is what the API asks for: nothing is broken here"

LABEL = {
    "enter": "in",
    "exit": "out",
    "bridge_lookup": "bridge",
    "vlan": "VLAN",
    "port_security": "port sec.",
    "neigh": "ARP",
    "ovs_table": "flows",
    "fib_lookup": "route",
    "ttl": "TTL",
    "mtu": "MTU",
    "local_deliver": "here",
    "originate": "sends",
    "reply_build": "answers",
    "conntrack_lookup": "conntrack",
    "nat_dst": "DNAT",
    "nat_src": "SNAT",
}
"""Of the kinds of steps that are not called as they are."""

CHANGES = frozenset({"nat_dst", "nat_src", "encap", "decap", "vlan", "mtu"})
"""Kinds of steps after which the packet is not what it was, or may not be what it wants to be."""

_TABLE = re.compile(r"(\S+) table (\d+):(.*)", re.DOTALL)

TUNNELS = ("vxlan", "gre", "gretap", "geneve")
"""Kinds of devices that lead to another host."""

QUIET = frozenset({"enter", "exit", "ttl", "rp_filter"})
"""Kinds of steps that are told only when the packet fails there."""

TITLE = {Direction.FORWARD: "forward", Direction.RETURN: "reply", Direction.ICMP_ERROR: "ICMP error"}


class Size(msgspec.Struct, frozen=True):
    """How packets of so many bytes fare. says: why, "" when all is well."""

    bytes: int
    state: State
    says: str = ""

    @property
    def mark(self) -> str:
        return MARK[self.state]


def state(path: Path) -> State:
    """What a path comes to for an exit status: OK, PROBLEM, or UNKNOWN. A probe that saw something else than
    was predicted is a PROBLEM, whatever the prediction."""
    if path.live is not None and path.live.agrees is False:
        return State.PROBLEM
    return _STATE.get(path.verdict, State.PROBLEM)


def headline(path: Path) -> str:
    if path.verdict is Verdict.REACHABLE_SMALL_ONLY and path.path_mtu:
        return f"Packets of up to {path.path_mtu} bytes arrive and are answered, larger ones are lost."
    return _HEADLINE[path.verdict]


def sizes(path: Path) -> tuple[Size, ...]:
    """By size, the smallest first."""
    return tuple(_size(path, size) for size in sorted({trace.size for trace in path.traces}))


def _size(path: Path, size: int) -> Size:
    ways = {trace.direction: trace for trace in reversed(path.traces) if trace.size == size}
    there, back = ways.get(Direction.FORWARD), ways.get(Direction.RETURN)
    if there is not None and there.disposition.succeeds:
        if back is None:
            return Size(size, State.UNKNOWN, "its reply was not followed")
        if back.disposition.succeeds:
            return Size(size, State.OK)
    failed = back if there is None or there.disposition.succeeds else there
    if failed is None:
        return Size(size, State.UNKNOWN, "was not followed")
    says = f"reply: {SAID[failed.disposition]}" if failed is back else SAID[failed.disposition]
    if failed.disposition is Disposition.TOO_BIG_SIGNALLED and (error := ways.get(Direction.ICMP_ERROR)):
        says += ", told home" if error.disposition.succeeds else ", and that message is lost"
    return Size(size, State.UNKNOWN if failed.disposition.unknown else State.PROBLEM, says)


def shown(path: Path) -> list[Trace]:
    """The ways worth a picture: there and back in the size of the first reason, else in the smallest, and the
    ICMP error that belongs to them."""
    culprit = path.reasons[0].code if path.reasons else ""
    fallen = [trace for trace in path.traces if culprit and trace.reason == culprit]
    size = min((trace.size for trace in fallen or path.traces), default=0)
    found = []
    for direction in Direction:
        ways = sorted((t for t in path.traces if t.direction is direction), key=lambda trace: trace.size)
        same = [trace for trace in ways if trace.size == size]
        if same:
            found.append(next((trace for trace in same if trace.reason == culprit), same[0]))
        elif ways and direction is not Direction.ICMP_ERROR:
            found.append(ways[0])
    return found


def begun(path: Path, trace: Trace) -> bool:
    """Whether a packet ever began that way: a reply is only sent when its request reached somebody."""
    requests = [t for t in path.traces if t.direction is Direction.FORWARD and t.size == trace.size]
    return trace.direction is not Direction.RETURN or all(
        t.disposition.succeeds or t.disposition is Disposition.ANSWERED_BY_OTHER for t in requests
    )


def dead_at(trace: Trace) -> tuple[int, int] | None:
    """(hop, step) where the packet ended, None when it arrived. Where no step says, it was after the last."""
    if trace.disposition.succeeds or not trace.hops:
        return None
    for number, hop in enumerate(trace.hops):
        for place, step in enumerate(hop.steps):
            if step.reason:
                return number, place
    return len(trace.hops) - 1, len(trace.hops[-1].steps)


def told(hop: Hop) -> list[tuple[int, Step]]:
    """The steps worth telling, each with its place among the hop's."""
    return [(place, step) for place, step in enumerate(hop.steps) if step.reason or step.kind not in QUIET]


def gathered(hop: Hop) -> Iterator[tuple[int, Step]]:
    """As ``told``, with the tables of a switch that it passes one after the other in one line."""
    for bridge, group in groupby(told(hop), lambda each: _table(each[1])[0]):
        steps = list(group)
        if not bridge or len(steps) == 1:
            yield from steps
            continue
        place, last = steps[-1]
        passed = " → ".join(_table(step)[1] for _, step in steps)
        yield place, msgspec.structs.replace(last, did=f"{bridge} table {passed}:{_table(last)[2]}")


def _table(step: Step) -> tuple[str, str, str]:
    """(bridge, table, actions) of a flow that was passed; empty for any other step."""
    found = _TABLE.fullmatch(step.did) if step.kind == "ovs_table" and not step.reason else None
    return (found[1], found[2], found[3]) if found else ("", "", "")


def label(step: Step) -> str:
    return LABEL.get(step.kind, step.kind.replace("_", " "))


def where(hop: Hop, short: bool = False) -> str:
    """outside; server vm1 (compute1); network qrouter-6a…; compute1"""
    if hop.guest:
        return f"server {clean(hop.guest, 60)}" + (f" ({clean(hop.host, 60)})" if hop.host else "")
    if not hop.host:
        return "outside"
    name = brief(hop.namespace) if short else hop.namespace
    return clean(f"{hop.host} {name}", 120)


def brief(namespace: str) -> str:
    """A namespace of Neutron without the tail of its UUID.

    >>> brief("qrouter-139c8061-2b29-4ded-8286-6a675e31d53f")
    'qrouter-139c8061…'
    """
    kind, dash, id = namespace.partition("-")
    return f"{kind}-{id[:8]}…" if dash and len(id) == 36 else namespace


def devices(hop: Hop) -> str:
    """eth2 → tap5e; → eth2 where it begins, eth2 → where it ends."""
    return clean(f"{hop.enters} → {hop.leaves}".strip(), 80) if hop.enters or hop.leaves else ""


def at(place: At) -> str:
    return clean(str(place), 160)


def drops(live: Live) -> list[tuple[At, str]]:
    """What the kernel said of drops, where: alike ones once, with their number."""
    told = Counter((drop.at, clean(drop.reason, 80), clean(drop.location, 80)) for drop in live.drops)
    return [
        (place, f"{reason}{f' in {location}' if location else ''}{f', {times:,} ×' if times > 1 else ''}")
        for (place, reason, location), times in told.items()
    ]


def kind(device: Device) -> str:
    """vxlan 1668; tun, tag 2; card"""
    said = {"": "card", "ovs": "OVS bridge", "guest": ""}.get(device.kind, clean(device.kind, 20))
    if device.number is None:
        return said
    return f"{said} {device.number}" if device.kind in TUNNELS else f"{said}, tag {device.number}"


def fixes(failure: Failure) -> list[tuple[str, bool]]:
    """What to do, each with whether it is a command to copy."""
    return [(line, not line.endswith((".", "…"))) for line in failure.fix]


def assumptions(traces: Sequence[Trace]) -> list[str]:
    """Those of all ways, each once."""
    return list(dict.fromkeys(words for trace in traces for words in trace.assumptions))
