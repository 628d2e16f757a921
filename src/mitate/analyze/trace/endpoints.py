"""What a person writes on the command line → who sends, and who is to answer.

``SOURCE`` and ``DESTINATION`` are a server's name or id, a port's id, a floating IP, a fixed IP, or
``external:IP``; a destination may also be ``dhcp`` or ``metadata``.
"""

from __future__ import annotations

import msgspec

from mitate.analyze.trace.packet import ip, network, number
from mitate.analyze.trace.space import Device
from mitate.analyze.trace.world import World
from mitate.model.cloud import FloatingIp, Network, Port, Server
from mitate.model.errors import CannotStart

METADATA = number("169.254.169.254")
SERVICES = ("dhcp", "metadata")


class Endpoint(msgspec.Struct, frozen=True):
    """Who sends or answers. device: its own, None for the outside and for services. address: by which it is
    called. outside: it is not in the cloud."""

    says: str
    address: int
    port: Port | None = None
    device: Device | None = None
    floating: FloatingIp | None = None
    server: Server | None = None
    outside: bool = False
    service: str = ""

    @property
    def fixed(self) -> int:
        """Its own address, behind a floating one."""
        return number(self.floating.fixed_ip) if self.floating and self.floating.fixed_ip else self.address


def source(world: World, words: str) -> Endpoint:
    """Raises CannotStart when nothing, or more than one thing, is called so."""
    if words in SERVICES:
        raise CannotStart(
            f"{words} is a destination; a source is a server, a port, an address or external:IP"
        )
    found = _find(world, words)
    if found.floating is not None:
        return msgspec.structs.replace(found, address=found.fixed, floating=None)
    return found


def destination(world: World, words: str, sender: Endpoint) -> Endpoint:
    """The same for a destination. From outside a server is called by its floating IP, where it has one."""
    if words == "metadata":
        return Endpoint("the metadata service", METADATA, service="metadata")
    if words == "dhcp":
        return Endpoint("the DHCP server", 0xFFFFFFFF, service="dhcp")
    found = _find(world, words)
    if found.outside and sender.outside:
        raise CannotStart("both ends are outside of the cloud: name a server, a port or an address of it")
    if sender.outside and found.floating is None and found.port is not None and not _is_address(words):
        floating = next((f for f in world.floating.values() if f.port_id == found.port.id), None)
        if floating is not None:
            return msgspec.structs.replace(found, address=number(floating.address), floating=floating)
    return found


def _find(world: World, words: str) -> Endpoint:
    if words.startswith("external:"):
        return Endpoint(f"{words[9:]} outside", address(words[9:]), outside=True)
    if words.count(":") > 1 or _is_address(words):
        address(words)
        return _by_address(world, words)
    port = world.port_by_id.get(words)
    if port is not None:
        return _at_port(world, port)
    servers = [each for each in world.servers if words in (each.id, each.name)]
    if not servers:
        servers = [each for each in world.servers if len(words) >= 8 and each.id.startswith(words)]
    if len(servers) > 1:
        ids = ", ".join(sorted(each.id for each in servers)[:5])
        raise CannotStart(f"{len(servers)} servers are called {words!r}: give an id ({ids})")
    if not servers:
        raise CannotStart(
            f"there is no server, port or address {words!r} here: give a server's name or id, a port's id, a "
            "floating or fixed IP, or external:IP"
        )
    ports = [
        each
        for each in world.ports_of_device[servers[0].id]
        if any("." in address for _, address in each.fixed_ips)
    ]
    if not ports:
        raise CannotStart(f"server {servers[0].name} has no port with an IPv4 address")
    floating = {each.port_id for each in world.floating.values()}
    ports.sort(key=lambda each: (each.id not in floating, each.id))
    return _at_port(world, ports[0])


def _by_address(world: World, words: str) -> Endpoint:
    floating = world.floating.get(words)
    if floating is not None:
        port = world.port_by_id.get(floating.port_id)
        if port is None:
            return Endpoint(f"floating IP {words}", number(words), floating=floating)
        found = _at_port(world, port)
        says = f"floating IP {words} of {found.says}"
        return msgspec.structs.replace(found, says=says, address=number(words), floating=floating)
    ports = world.ports_of_ip.get(words, [])
    if len(ports) > 1:
        ids = ", ".join(sorted(each.id for each in ports)[:5])
        raise CannotStart(f"{len(ports)} ports have the address {words}: give a port's id ({ids})")
    if ports:
        return _at_port(world, ports[0], number(words))
    raise CannotStart(
        f"{words} is no floating or fixed IP of this cloud; for an address outside write external:{words}"
    )


def _at_port(world: World, port: Port, called: int | None = None) -> Endpoint:
    if called is None:
        four = next((each for _, each in port.fixed_ips if "." in each), None)
        if four is None:
            raise CannotStart(f"port {port.id} has no IPv4 address, and IPv6 is not walked")
        called = number(four)
    server = world.server_by_id.get(port.device_id)
    if server is None and not port.device_owner.startswith("compute:"):
        device = world.inside(port)
        return Endpoint(f"{ip(called)} ({port.device_owner or 'unattached'})", called, port, device)
    name = f"server {server.name} ({ip(called)})" if server else f"port {port.id} ({ip(called)})"
    return Endpoint(name, called, port, world.card(port), server=server)


def entry_networks(world: World, target: int, outside: int) -> list[Network]:
    """The networks by which a packet from outside comes in: those whose subnet has the target's address, else
    the external ones."""
    found = []
    for subnet in world.subnets.values():
        if subnet.ip_version == 4:
            base, mask, _ = network(subnet.cidr)
            net = world.networks.get(subnet.network_id)
            if target & mask == base and net is not None and net.type in ("flat", "vlan", ""):
                found.append(net)
    return found or [net for net in world.networks.values() if net.external]


def _is_address(words: str) -> bool:
    try:
        number(words)
    except ValueError:
        return False
    return True


def address(words: str) -> int:
    """Raises CannotStart for what is no IPv4 address."""
    try:
        return number(words)
    except ValueError:
        why = "IPv6 is not walked" if ":" in words else "write 203.0.113.7, say"
        raise CannotStart(f"{words!r} is not an IPv4 address: {why}") from None
