"""The picture: hosts as boxes, what is in them, and the ways of a packet as lines through it. Inline SVG.

Each way differs by colour, by dashes and by the shape of its numbers, so that none of them is needed alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from mitate.model.topology import Device, Topology
from mitate.model.trace import At, Direction, Path, Trace
from mitate.report.digest.web import text
from mitate.report.digest.words import clean
from mitate.report.path.layout import Box, Frame, Layout, Row
from mitate.report.path.scope import OUTSIDE, spot, spots
from mitate.report.path.words import TITLE, TUNNELS, begun, brief, dead_at, kind, where

ARCS = 10
"""Tunnels drawn as arcs; more are only listed."""
WIRES = 40
"""Wires to the outside that are drawn where no packet is."""
_CLASS = {Direction.FORWARD: "forward", Direction.RETURN: "return", Direction.ICMP_ERROR: "error"}
_SHIFT = {Direction.FORWARD: -4, Direction.RETURN: 4, Direction.ICMP_ERROR: 0}
"""Pixels up or down, so that two ways by the same device are two lines."""


def drawing(made: Layout, topology: Topology | None, path: Path | None, ways: list[Trace]) -> str:
    """An ``<svg>``. Rows lead to ``#device-N``, the numbers of a way to ``#way-N-hop-M``."""
    parts: list[str] = []
    parts += map(_frame, made.frames)
    if topology is not None:
        parts += _wiring(made, topology, path is None)
        parts += _tunnels(made, topology)
    parts += map(_row, made.rows.values())
    parts += [f'<text class="left" x="{x:g}" y="{y:g}">{escape(said)}</text>' for x, y, said in made.notes]
    if path is not None:
        for trace in ways:
            parts += _line(made, trace, begun(path, trace))
        for number, trace in enumerate(ways):
            parts += _marks(made, trace, number, path)
    size = f'width="{made.width:g}" height="{made.height:g}" viewBox="0 0 {made.width:g} {made.height:g}"'
    what = "how the hosts are wired" + (", and the way of the packet" if path else "")
    return f'<svg {size} role="group" aria-label="{what}">\n' + "\n".join(parts) + "\n</svg>\n"


# -- what stands there --------------------------------------------------------------------------------------


def _frame(frame: Frame) -> str:
    look = "host" if frame.host else "guest" if frame.guest else "space"
    title = clean(frame.title if frame.host else brief(frame.title), 30)
    says = f' <tspan class="says">{text(frame.says, 22)}</tspan>' if frame.says else ""
    x, y = frame.box.x + 10, frame.box.y + 17
    return (
        f'<g><title>{text(frame.title, 120)}</title><rect class="{look}" {_rect(frame.box)} rx="6"/>'
        f'<text class="{look}-name" x="{x:g}" y="{y:g}">{escape(title)}{says}</text></g>'
    )


def _row(row: Row) -> str:
    device, box = row.device, row.box
    outside = device.at == OUTSIDE
    name = "what is not of this cloud" if outside else clean(device.at.device, 24)
    look = "bridge" if device.kind in ("bridge", "ovs") else "tunnel" if device.kind in TUNNELS else "device"
    down = " down" if device.up is False else ""
    rest = "" if outside else clean(facts(device), int((box.width - 14) / 5.2))
    return (
        f'<a href="#device-{row.number}"><title>{text(f"{device.at} {facts(device)}", 300)}</title>'
        f'<rect class="{look}{down}" {_rect(box)} rx="3"/>'
        f'<text class="name" x="{box.x + 10:g}" y="{box.y + 12:g}">{escape(name)}</text>'
        f'<text class="facts" x="{box.x + 10:g}" y="{box.y + 23:g}">{escape(rest)}</text></a>'
    )


def facts(device: Device) -> str:
    """bridge · 10.0.0.1/24 · MTU 1450 · router r1"""
    down = "DOWN" if device.up is False else ""
    mtu = f"MTU {device.mtu}" if device.mtu else ""
    return " · ".join(filter(None, (down, kind(device), *device.addresses[:2], mtu, device.owner)))


def _rect(box: Box) -> str:
    return f'x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}"'


# -- what joins them ----------------------------------------------------------------------------------------


def _wiring(made: Layout, topology: Topology, alone: bool) -> Iterator[str]:
    """Pairs of devices; wires to the outside only where no packet shows them."""
    for edge in topology.edges:
        a, b = made.rows.get(edge.a), made.rows.get(edge.b)
        if a is not None and b is not None:
            yield f'<path class="wire" d="{_way(a, b, 0, right=True, near=True)}"/>'
    outside = made.rows.get(OUTSIDE)
    if outside is None or not alone:
        return
    members = [at for segment in topology.segments if segment.external for at in segment.members]
    for at in members[:WIRES]:
        row = made.rows.get(at)
        if row is not None:
            yield f'<path class="wire" d="{_way(outside, row, 0, right=False)}"/>'


def _tunnels(made: Layout, topology: Topology) -> Iterator[str]:
    """Arcs under the hosts, the wider the deeper."""
    between = [t for t in topology.tunnels if t.a in made.hosts and t.b in made.hosts]
    for number, tunnel in enumerate(between if len(between) <= ARCS else ()):
        a, b = sorted((made.hosts[tunnel.a], made.hosts[tunnel.b]), key=lambda box: box.x)
        x, y = (a.x + a.width / 2 + 12, a.y + a.height)
        far_x, far_y = (b.x + b.width / 2 - 12, b.y + b.height)
        deep = max(y, far_y) + 34 + 18 * (number % 3)
        numbers = ", ".join(map(str, tunnel.numbers[:3])) + (" …" if len(tunnel.numbers) > 3 else "")
        said = f"{tunnel.kind.upper()} {numbers}".rstrip() + (
            "" if tunnel.both is not False else ", one-sided"
        )
        middle, low = (x + far_x) / 2, (y + far_y) / 8 + 0.75 * deep
        yield (
            f"<g><title>{text(f'{tunnel.a} {tunnel.address_a} — {tunnel.b} {tunnel.address_b}', 200)}</title>"
            f'<path class="tunnels" d="M{x:g} {y:g}C{x:g} {deep:g} {far_x:g} {deep:g} {far_x:g} {far_y:g}"/>'
            f'<text class="tunnels-name" x="{middle:g}" y="{low - 6:g}">{text(said, 60)}</text></g>'
        )


def _way(a: Row, b: Row, shift: float, right: bool, near: bool = False) -> str:
    """From one row to another: around their side in the same column, across between columns."""
    y, to = a.box.middle + shift, b.box.middle + shift
    if a.column == b.column:
        side = max(a.box.right, b.box.right) if right else min(a.box.x, b.box.x)
        start, end = (a.box.right, b.box.right) if right else (a.box.x, b.box.x)
        bow = (8 if near else 12) + min(14, abs(to - y) / 24)
        out = side + bow if right else side - bow
        return f"M{start:g} {y:g}C{out:g} {y:g} {out:g} {to:g} {end:g} {to:g}"
    start, end = (a.box.right, b.box.x) if a.column < b.column else (a.box.x, b.box.right)
    middle = (start + end) / 2
    return f"M{start:g} {y:g}C{middle:g} {y:g} {middle:g} {to:g} {end:g} {to:g}"


# -- the ways of the packet ---------------------------------------------------------------------------------


def _line(made: Layout, trace: Trace, real: bool) -> Iterator[str]:
    """What would have come after a death is a way of its own, barely to be seen."""
    death = dead_at(trace)
    right = trace.direction is not Direction.FORWARD
    before: Row | None = None
    for number, at in spots(trace):
        row = made.row(at)
        if row is None:
            continue
        if before is not None and before is not row:
            would = " would" if not real or (death is not None and number > death[0]) else ""
            line = _way(before, row, _SHIFT[trace.direction], right)
            yield f'<path class="{_CLASS[trace.direction]}{would}" d="{line}"/>'
        before = row


def _marks(made: Layout, trace: Trace, number: int, path: Path) -> Iterator[str]:
    """The number of each hop where it begins, and the cross where the packet died."""
    death = dead_at(trace)
    right = trace.direction is not Direction.FORWARD
    placed: set[At] = set()
    for place, at in _begins(trace):
        row = made.row(at)
        if row is None:
            continue
        would = not begun(path, trace) or (death is not None and place > death[0])
        x = row.box.right + 3 if right else row.box.x - 3
        y = row.box.middle + _SHIFT[trace.direction] + (14 if at in placed else 0)
        placed.add(at)
        style = _CLASS[trace.direction] + (" would" if would else "")
        shape = (
            f'<rect x="{x - 8:g}" y="{y - 8:g}" width="16" height="16" rx="2"/>'
            if right
            else f'<circle cx="{x:g}" cy="{y:g}" r="8.5"/>'
        )
        said = text(f"{TITLE[trace.direction]} {place + 1}: {where(trace.hops[place])}", 200)
        yield (
            f'<a class="mark {style}" href="#way-{number}-hop-{place}"><title>{said}</title>{shape}'
            f'<text x="{x:g}" y="{y + 3.5:g}">{place + 1}</text></a>'
        )
    if death is not None and (spot_of := _grave(made, trace, path, death[0])) is not None:
        box = spot_of.box
        x, y = box.right - 24, box.middle
        yield (
            f'<a class="death" href="#way-{number}-hop-{death[0]}"><title>{text(trace.reason, 80)}</title>'
            f'<circle cx="{x:g}" cy="{y:g}" r="11"/>'
            f'<path d="M{x - 5:g} {y - 5:g}l10 10m0 -10l-10 10"/></a>'
        )


def _begins(trace: Trace) -> Iterable[tuple[int, At]]:
    """Each hop once, where it is first seen."""
    first: dict[int, At] = {}
    for number, at in spots(trace):
        first.setdefault(number, at)
    return first.items()


def _grave(made: Layout, trace: Trace, path: Path, number: int) -> Row | None:
    """Where the reason says, if that is drawn, else the hop's last device."""
    hop = trace.hops[number]
    for failure in path.reasons:
        if failure.code == trace.reason and failure.direction is trace.direction:
            row = made.row(failure.at) or made.row(spot(hop, failure.at.device))
            if row is not None:
                return row
    rows = (made.row(at) for place, at in spots(trace) if place == number)
    return next((row for row in reversed(list(rows)) if row is not None), None)
