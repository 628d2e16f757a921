"""What of a topology is drawn: all of it, or what a packet meets and what that is joined to.

It is bounded, so that a drawing stays legible; what is left out is counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from mitate.model.topology import Device, Space, Topology
from mitate.model.trace import At, Hop, Path, Trace
from mitate.report.path.words import TUNNELS, shown

HOSTS, SPACES, DEVICES = 20, 12, 24
"""Drawn: hosts, namespaces of each, devices of each of those."""

OUTSIDE = At("")


class DrawnSpace(msgspec.Struct, frozen=True):
    """left: devices that are not drawn."""

    space: Space
    devices: tuple[Device, ...]
    left: int = 0


class DrawnHost(msgspec.Struct, frozen=True):
    name: str
    spaces: tuple[DrawnSpace, ...]
    left: int = 0
    """Namespaces that are not drawn."""


class Drawn(msgspec.Struct, frozen=True):
    """Hosts in the order that the packet meets them, then by name. left: hosts that are not drawn.

    also: where a device is drawn that a hop names elsewhere: a port of Open vSwitch in another namespace is
    met in the host's own first, where its bridge is.
    """

    hosts: tuple[DrawnHost, ...]
    left: int = 0
    also: Mapping[At, At] = {}


def spot(hop: Hop, device: str) -> At:
    """Where a device of a hop stands in a drawing: all that is outside is one place."""
    return At(hop.host, hop.guest or hop.namespace, device) if hop.host else OUTSIDE


def spots(trace: Trace) -> Iterator[tuple[int, At]]:
    """(number of its hop, place) for each device on the way; a hop without devices is skipped."""
    for number, hop in enumerate(trace.hops):
        if not hop.host:
            yield number, OUTSIDE
            continue
        for device in dict.fromkeys(filter(None, (hop.enters, hop.leaves))):
            yield number, spot(hop, device)


def scope(path: Path | None, topology: Topology | None, whole: bool = False) -> Drawn:
    """path None: the topology alone. topology None: what the path itself tells. whole: nothing is too far."""
    also = _plugged(topology) if topology else {}
    visited: dict[At, str] = {}
    for trace in shown(path) if path else ():
        for number, at in spots(trace):
            visited.setdefault(also.get(at, at), trace.hops[number].guest)
    spaces = {(s.host, s.name): s for host in (topology.hosts if topology else ()) for s in host.spaces}
    devices = {device.at: device for space in spaces.values() for device in space.devices}
    for at, guest in visited.items():
        devices.setdefault(at, Device(at, "guest" if guest else ""))
        known = Space(at.host, at.namespace, (), f"server {guest}" if guest else "", bool(guest))
        spaces.setdefault((at.host, at.namespace), known)
    if path is not None and not whole:
        near = set(_near(visited, devices, topology)) if topology else set(visited)
    else:
        near = set(devices)
        if topology and any(segment.external for segment in topology.segments):
            devices.setdefault(OUTSIDE, Device(OUTSIDE))
            spaces.setdefault(("", ""), Space("", ""))
            near.add(OUTSIDE)
    return msgspec.structs.replace(_bounded(spaces, devices, near, list(visited)), also=also)


def _plugged(topology: Topology) -> dict[At, At]:
    ports = (edge.a for edge in topology.edges if edge.kind == "port")
    return {At(at.host, "", at.device): at for at in ports}


def _near(visited: Iterable[At], devices: dict[At, Device], topology: Topology) -> Iterator[At]:
    """What was visited, what is wired to it, the bridges of both, and the tunnels plugged into those."""
    touched = set(visited)
    yield from touched
    for edge in topology.edges:
        if edge.a in touched or (edge.b in touched and edge.kind != "over"):
            yield from (edge.a, edge.b)
            touched |= {edge.a} if edge.b in visited else set()
    bridges = {
        At(at.host, at.namespace, devices[at].bridge)
        for at in touched
        if at in devices and devices[at].bridge
    }
    switches = {bridge.host for bridge in bridges if bridge in devices and devices[bridge].kind == "ovs"}
    for device in devices.values():
        if device.at.host in switches and device.kind in ("ovs", "patch"):
            bridges.add(device.at if device.kind == "ovs" else At(device.at.host, "", device.bridge))
            yield device.at
    yield from (bridge for bridge in bridges if bridge in devices)
    for device in devices.values():
        if device.kind in TUNNELS and At(device.at.host, device.at.namespace, device.bridge) in bridges:
            yield device.at


def _bounded(
    spaces: dict[tuple[str, str], Space], devices: dict[At, Device], near: set[At], visited: list[At]
) -> Drawn:
    """Cut to what can be shown; what the packet meets is cut last."""
    rank = {at: number for number, at in enumerate(visited)}
    far = len(rank)
    by_space: dict[tuple[str, str], list[Device]] = {key: [] for key in spaces}
    for at, device in devices.items():
        by_space.setdefault((at.host, at.namespace), []).append(device)
    by_host: dict[str, list[DrawnSpace]] = {}
    left: dict[str, int] = {}
    order: dict[tuple[str, str], int] = {}
    for key, found in by_space.items():
        order[key] = min((rank.get(device.at, far) for device in found), default=far)
    for key in sorted(by_space, key=lambda key: (order[key], key)):
        found = sorted((d for d in by_space[key] if d.at in near), key=lambda d: rank.get(d.at, far))[
            :DEVICES
        ]
        drawn = by_host.setdefault(key[0], [])
        if not found or len(drawn) >= SPACES:
            left[key[0]] = left.get(key[0], 0) + 1
            continue
        kept = {device.at for device in found}
        told = tuple(device for device in by_space[key] if device.at in kept)
        drawn.append(DrawnSpace(spaces[key], told, len(by_space[key]) - len(told)))
    first = {host: min(order[key] for key in by_space if key[0] == host) for host in by_host}
    names = sorted((host for host in by_host if by_host[host]), key=lambda host: (first[host], host))
    hosts = tuple(
        DrawnHost(name, tuple(sorted(by_host[name], key=lambda s: s.space.name)), left.get(name, 0))
        for name in names[:HOSTS]
    )
    return Drawn(hosts, len(by_host) - len(hosts))


def _telling(device: Device) -> int:
    """What says most of a host comes first: cards, bridges, tunnels, then the many."""
    if device.kind in ("", "bond") or (device.addresses and not device.at.namespace):
        return 0
    return 1 if device.kind in ("bridge", "ovs") else 2 if device.kind in (*TUNNELS, "patch") else 3
