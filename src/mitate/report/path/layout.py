"""Where everything stands in a drawing: hosts side by side, in them namespaces, in those a row per device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from mitate.model.topology import Device
from mitate.model.trace import At
from mitate.report.path.scope import Drawn, DrawnHost, DrawnSpace

WIDTH, GAP, MARGIN = 310, 80, 20
"""Of a host, between two, and around all; pixels, as everything here."""
GUTTER = 34
"""At each side of the rows of a host, for the lines."""
ROW, LEAD, TITLE, PAD = 32, 4, 24, 8
DIP = 90
"""Below each row of hosts, for the tunnels."""


class Box(msgspec.Struct, frozen=True):
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        return self.y + self.height / 2

    @property
    def right(self) -> float:
        return self.x + self.width


class Row(msgspec.Struct, frozen=True):
    """number: its place among all devices drawn."""

    device: Device
    box: Box
    column: int
    number: int


class Frame(msgspec.Struct, frozen=True):
    """A host or a namespace. host: whether it is the former. guest: a server."""

    title: str
    says: str
    box: Box
    host: bool = False
    guest: bool = False


class Layout(msgspec.Struct):
    width: float = 0
    height: float = 0
    frames: list[Frame] = []
    rows: dict[At, Row] = {}
    hosts: dict[str, Box] = {}
    notes: list[tuple[float, float, str]] = []
    """(x, y, what is left out there)"""
    also: Mapping[At, At] = {}
    """As ``Drawn`` has it."""

    def row(self, at: At) -> Row | None:
        """Where a device of the packet's way is drawn."""
        return self.rows.get(self.also.get(at, at))


def columns(hosts: int) -> int:
    """How many stand side by side."""
    return max(1, hosts if hosts <= 4 else 4 if hosts <= 8 else 5)


def layout(drawn: Drawn) -> Layout:
    made = Layout(also=drawn.also)
    across = columns(len(drawn.hosts))
    top: float = MARGIN
    for start in range(0, len(drawn.hosts), across):
        tallest: float = 0
        for column, host in enumerate(drawn.hosts[start : start + across]):
            x = MARGIN + column * (WIDTH + GAP)
            tallest = max(tallest, _host(made, host, x, top, column))
        top += tallest + DIP
    made.width = 2 * MARGIN + min(across, max(1, len(drawn.hosts))) * (WIDTH + GAP) - GAP
    made.height = top - DIP / 3
    return made


def _host(made: Layout, host: DrawnHost, x: float, top: float, column: int) -> float:
    """Returns its height."""
    y = top + TITLE
    for space in host.spaces:
        y = _space(made, space, x, y, column) + PAD
    if host.left:
        made.notes.append((x + GUTTER, y + 10, f"… and {host.left:,} more namespaces"))
        y += 18
    box = Box(x, top, WIDTH, y - top)
    made.frames.insert(0, Frame(host.name or "outside", "", box, host=True))
    made.hosts[host.name] = box
    return box.height


def _space(made: Layout, drawn: DrawnSpace, x: float, top: float, column: int) -> float:
    """Returns where it ends."""
    space = drawn.space
    titled = bool(space.name)
    y = top + (TITLE if titled else LEAD)
    for device, depth in _nested(drawn.devices):
        indent = 14 * depth
        box = Box(x + GUTTER + indent, y, WIDTH - 2 * GUTTER - indent, ROW - 4)
        made.rows[device.at] = Row(device, box, column, len(made.rows))
        y += ROW
    if drawn.left:
        made.notes.append((x + GUTTER, y + 12, f"… and {drawn.left:,} more devices"))
        y += 20
    if titled:
        box = Box(x + GUTTER / 2, top, WIDTH - GUTTER, y - top)
        title, says = (f"server {space.name}", "") if space.guest else (space.name, space.owner)
        made.frames.append(Frame(title, says, box, guest=space.guest))
    return y


def _nested(devices: Sequence[Device]) -> list[tuple[Device, int]]:
    """Bridges with their ports under them; the number is how deep."""
    bridges = {device.at.device for device in devices} - {""}
    found = []
    for device in devices:
        if device.bridge not in bridges:
            found.append((device, 0))
            found += [(port, 1) for port in devices if port.bridge == device.at.device and port is not device]
    return found
