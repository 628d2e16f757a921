"""A topology as lines: a tree for each host, then tunnels and wires between them.

It is bounded: what is left out is counted, and the JSON has it all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.text import Text

from mitate.model.topology import Device, Edge, Host, Segment, Space, Topology, Tunnel
from mitate.model.trace import At
from mitate.report.digest.lines import hang, wrapped
from mitate.report.digest.words import clean, count, listing, moment
from mitate.report.path.words import brief, kind

HOSTS, SPACES, DEVICES, PORTS, TUNNELS, SEGMENTS, UNSEEN = 20, 20, 20, 8, 40, 20, 20
"""Shown: hosts, namespaces of each host, devices of each, ports of each bridge, tunnels, segments, gaps."""

_Ends = dict[At, list[tuple[str, At]]]
"""What each device is joined to, and how."""


def tree(page: Console, topology: Topology) -> Iterator[Text]:
    """Lines of at most the page's width, where names allow."""
    yield Text.assemble(
        "cloud ", (clean(topology.cloud, 60), "bold"), (f"  {moment(topology.taken_at)}", "dim")
    )
    ends = _ends(topology.edges)
    for host in topology.hosts[:HOSTS]:
        yield Text()
        yield from _host(page, host, ends)
    yield from _more(len(topology.hosts) - HOSTS, "host")
    if topology.tunnels:
        yield Text()
        yield Text("Tunnels", "bold")
        for tunnel in topology.tunnels[:TUNNELS]:
            yield from hang(page, Text("  "), _tunnel(tunnel))
        yield from _more(len(topology.tunnels) - TUNNELS, "tunnel")
    if topology.segments:
        yield Text()
        yield Text("Wires", "bold")
        for segment in topology.segments[:SEGMENTS]:
            yield from hang(page, Text("  "), _segment(segment))
        yield from _more(len(topology.segments) - SEGMENTS, "wire")
    if topology.unseen:
        yield Text()
        yield Text("Could not be seen", "bold yellow")
        for words in topology.unseen[:UNSEEN]:
            yield from wrapped(page, Text(f"  {clean(words)}"), page.width)
        yield from _more(len(topology.unseen) - UNSEEN, "gap")


def _ends(edges: Sequence[Edge]) -> _Ends:
    ends: _Ends = {}
    for edge in edges:
        ends.setdefault(edge.a, []).append((edge.kind, edge.b))
        if edge.kind != "over":
            ends.setdefault(edge.b, []).append((edge.kind, edge.a))
    return ends


def _host(page: Console, host: Host, ends: _Ends) -> Iterator[Text]:
    yield Text(clean(host.name, 80) or "outside", "bold cyan")
    own = [space for space in host.spaces if not space.name]
    others = [space for space in host.spaces if space.name]
    shown = others[:SPACES]
    branches: list[tuple[Text, list[Text]]] = []
    for space in own:
        branches += _devices(space, ends)
    for space in shown:
        branches.append((_space(space), [name for name, _ in _devices(space, ends)]))
    if len(others) > SPACES:
        branches.append(
            (Text(f"… {count(len(others) - SPACES, 'more namespace')} (--format json)", "dim"), [])
        )
    for number, (name, below) in enumerate(branches):
        last = number + 1 == len(branches)
        rail = "   " if last else "│  "
        yield from _branch(page, "└─ " if last else "├─ ", rail, name)
        for place, line in enumerate(below):
            end = place + 1 == len(below)
            yield from _branch(page, rail + ("└─ " if end else "├─ "), rail + ("   " if end else "│  "), line)


def _branch(page: Console, fork: str, rail: str, body: Text) -> Iterator[Text]:
    """The fork before the first line; the rail goes on beside what was wrapped."""
    first, *rest = wrapped(page, body, page.width - len(fork) - 2)
    yield Text.assemble((fork, "dim"), first)
    for line in rest:
        yield Text.assemble((f"{rail}  ", "dim"), line)


def _space(space: Space) -> Text:
    owner = f"  {clean(space.owner, 60)}" if space.owner and not space.guest else ""
    said = f"server {clean(space.name, 80)}" if space.guest else clean(space.name, 80)
    return Text.assemble((said, "bold"), (owner, "dim"))


def _devices(space: Space, ends: _Ends) -> list[tuple[Text, list[Text]]]:
    """Devices that are in no bridge, bridges with their ports below them."""
    bridges = {device.at.device for device in space.devices}
    free = [device for device in space.devices if device.bridge not in bridges]
    found = []
    for device in free[:DEVICES]:
        ports = [port for port in space.devices if port.bridge == device.at.device]
        below = [_device(port, ends, space.owner) for port in ports[:PORTS]]
        if len(ports) > PORTS:
            below.append(Text(f"… {count(len(ports) - PORTS, 'more port')} (--format json)", "dim"))
        found.append((_device(device, ends, space.owner), below))
    if len(free) > DEVICES:
        found.append((Text(f"… {count(len(free) - DEVICES, 'more device')} (--format json)", "dim"), []))
    return found


def _device(device: Device, ends: _Ends, owner: str = "") -> Text:
    """owner: of the namespace that it is in, which need not be said again."""
    facts = [kind(device), *map(_address, device.addresses[:4])]
    if len(device.addresses) > 4:
        facts.append(f"and {len(device.addresses) - 4:,} more")
    if device.mtu:
        facts.append(f"MTU {device.mtu}")
    said = Text.assemble((clean(device.at.device, 60), ""), (f"  {', '.join(filter(None, facts))}", "dim"))
    if device.up is False:
        said.append("  DOWN", "bold red")
    if device.owner and device.owner != owner and device.kind != "guest":
        said.append(f"  {clean(device.owner, 60)}", "dim")
    for how, far in ends.get(device.at, ())[:3]:
        here = far.namespace == device.at.namespace
        where = far.device if here else f"{brief(far.namespace) or far.host} {far.device}"
        said.append(f"  {'on' if how == 'over' else '—'} {clean(where, 80)}", "cyan")
    return said


def _address(address: str) -> str:
    return clean(address, 50)


def _tunnel(tunnel: Tunnel) -> Text:
    numbers = listing([str(number) for number in tunnel.numbers], 12)
    far = clean(tunnel.b, 60) or "nobody who was looked at"
    said = Text.assemble(
        (clean(tunnel.a, 60), "cyan"),
        f" {clean(tunnel.address_a, 50)} ═ {clean(tunnel.kind, 12)} {numbers}".rstrip() + " ═ ",
        f"{clean(tunnel.address_b, 50)} ",
        (far, "cyan" if tunnel.b else "bold yellow"),
    )
    if tunnel.both is False:
        said.append("  only one side knows of it", "bold yellow")
    return said


def _segment(segment: Segment) -> Text:
    members = listing([f"{at.host} {at.device}" for at in segment.members], 8)
    outside = ", external" if segment.external else ""
    return Text.assemble((clean(segment.name, 80), "bold"), f"{outside}: {members}")


def _more(number: int, noun: str) -> Iterator[Text]:
    if number > 0:
        yield Text(f"  … {count(number, f'more {noun}')} (--format json)", "dim")
