"""The paths that a cloud is there for: to floating IPs, out of routers, to DHCP and to the metadata."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

import msgspec

from mitate.analyze.trace.packet import ip, network, number
from mitate.analyze.trace.world import World
from mitate.model.cloud import FloatingIp, Port, Router, Server

MOST = 200
"""Paths of each kind that are walked in one look; of more than that an even sample."""
ELSEWHERE = "198.51.100.1"
"""An address of nobody (TEST-NET-2): a client far away, so that the default route is walked too."""
T = TypeVar("T")


class Wish(msgspec.Struct, frozen=True):
    """A path that should work. kind: in the plural, for people."""

    kind: str
    name: str
    source: str
    destination: str


def wishes(world: World) -> tuple[list[Wish], list[str]]:
    """What to walk, and what to say about what is left out."""
    chosen: list[Wish] = []
    notes = []
    kinds = (_floating(world), _routers(world), _dhcp(world), _metadata(world))
    for found in map(list, kinds):
        if len(found) > MOST:
            notes.append(f"of {len(found):,} {found[0].kind} an even sample of {MOST} was walked")
        chosen += _sample(found)
    return chosen, notes


def _sample(items: Sequence[T]) -> list[T]:
    if len(items) <= MOST:
        return list(items)
    return [items[number * len(items) // MOST] for number in range(MOST)]


def _floating(world: World) -> Iterator[Wish]:
    """Those of running servers."""
    ports = {port.id: port for port in world.ports}
    running = _running(world)
    for each in world.snapshot.all(FloatingIp):
        port = ports.get(each.port_id)
        if port is not None and port.device_id in running and number_or_none(each.address) is not None:
            yield Wish(
                "floating IPs",
                f"floating IP {each.address}",
                f"external:{_client(world, each)}",
                each.address,
            )


def _client(world: World, floating: FloatingIp) -> str:
    """Somebody far away, where the external network has a gateway; else a neighbour on it."""
    for subnet in world.subnets.values():
        if subnet.network_id == floating.network_id and subnet.ip_version == 4:
            if subnet.gateway_ip:
                return ELSEWHERE
            base, _, _ = network(subnet.cidr)
            used = {floating.address}
            return next(ip(base + at) for at in range(1, 250) if ip(base + at) not in used)
    return ELSEWHERE


def _routers(world: World) -> Iterator[Wish]:
    """Out of each router that has a gateway, from its first leg inside."""
    legs: dict[str, Port] = {}
    for port in sorted(world.ports, key=lambda each: each.id):
        if port.device_owner == "network:router_interface" and _four(port):
            legs.setdefault(port.device_id, port)
    for router in world.snapshot.all(Router):
        leg = legs.get(router.id)
        if leg is not None and router.gateway_network_id and router.admin_up and not router.distributed:
            yield Wish(
                "routers",
                f"router {router.name or router.id} to the outside",
                leg.id,
                f"external:{ELSEWHERE}",
            )


def _dhcp(world: World) -> Iterator[Wish]:
    """From one running server of each network that has a DHCP server."""
    served = {port.network_id for port in world.ports if port.device_owner == "network:dhcp"}
    for port in _one_of_each_network(world):
        if port.network_id in served:
            yield Wish("DHCP servers", f"DHCP on {_net(world, port)}", port.id, "dhcp")


def _metadata(world: World) -> Iterator[Wish]:
    """From one running server of each network whose gateway is a router, or that has an isolated proxy."""
    for port in _one_of_each_network(world):
        if _has_way_to_metadata(world, port):
            yield Wish("metadata paths", f"metadata from {_net(world, port)}", port.id, "metadata")


def _has_way_to_metadata(world: World, port: Port) -> bool:
    for subnet_id, _ in port.fixed_ips:
        subnet = world.subnets.get(subnet_id)
        owners = world.ports_of_ip.get(subnet.gateway_ip, ()) if subnet and subnet.ip_version == 4 else ()
        if any(each.device_owner == "network:router_interface" for each in owners):
            return True
    return False


def _one_of_each_network(world: World) -> Iterator[Port]:
    running, seen = _running(world), set()
    for port in sorted(world.ports, key=lambda p: (p.network_id, world.space(p.host) is None, p.id)):
        if (
            port.device_id in running
            and port.network_id not in seen
            and _four(port)
            and port.vif_type != "ovn"
        ):
            seen.add(port.network_id)
            yield port


def _running(world: World) -> set[str]:
    return {server.id for server in world.snapshot.all(Server) if server.status == "ACTIVE"}


def _four(port: Port) -> bool:
    return any("." in address for _, address in port.fixed_ips)


def _net(world: World, port: Port) -> str:
    net = world.networks.get(port.network_id)
    return f"network {net.name or net.id}" if net else f"network {port.network_id}"


def number_or_none(address: str) -> int | None:
    try:
        return number(address)
    except ValueError:
        return None
