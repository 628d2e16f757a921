"""How the hosts of a snapshot are wired: devices, what joins them, and tunnels from host to host."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property

from mitate.analyze.trace import space as walked
from mitate.analyze.trace.world import World
from mitate.model.cloud import Network, NetworkAgent, Port, Router, Server
from mitate.model.net import Address, FdbEntry, Link
from mitate.model.ovs import OvsBridge, OvsInterface, OvsPort
from mitate.model.snapshot import Snapshot
from mitate.model.source import Gap
from mitate.model.topology import Device, Edge, Host, Segment, Space, Topology, Tunnel
from mitate.model.trace import At

_NEEDED = frozenset(
    kind.__name__ for kind in (Link, Address, FdbEntry, OvsBridge, Port, Network, Router, Server)
)
_TUNNELS = ("vxlan", "gre", "geneve")
_OF_THE_KERNEL = frozenset({"lo", "ovs-system", "ovs-netdev"})
"""Devices that are in no way of a packet between two places."""
_Pair = tuple[str, str, str]
"""(kind, host, host or address at the other end)"""


def topology(snapshot: Snapshot) -> Topology:
    """Draw up the whole cloud; what could not be seen is said in ``unseen``."""
    return _Survey(snapshot).topology()


class _Survey:
    """The snapshot with the indexes that the drawing needs."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.world = World(snapshot)
        self.servers = {each.id: each.name for each in snapshot.all(Server)}
        self.routers = {each.id: each.name for each in snapshot.all(Router)}
        self.networks = {each.id[:11]: each for each in snapshot.all(Network)}
        self.of_vni = {each.segmentation_id: each for each in snapshot.all(Network) if each.type in _TUNNELS}
        self.tags = {(each.source.host, each.name): each.tag for each in snapshot.all(OvsPort)}
        self.plugged = {(each.source.host, each.name): each for each in snapshot.all(OvsInterface)}
        self.cards = {port.tap: card for port in self.world.ports if (card := self._card(port)) is not None}

    def _card(self, port: Port) -> walked.Device | None:
        """The card of a server that nobody looked into."""
        card = self.world.card(port) if port.device_owner.startswith("compute:") and port.host else None
        return card if card is not None and card.space.guest else None

    def topology(self) -> Topology:
        return Topology(
            cloud=self.snapshot.cloud,
            taken_at=self.snapshot.taken_at,
            hosts=tuple(self.host(name) for name in self.names()),
            edges=tuple(sorted(set(self.edges()), key=lambda edge: (edge.kind, edge.a, edge.b))),
            tunnels=tuple(self.tunnels()),
            segments=tuple(self.segments()),
            unseen=tuple(dict.fromkeys(_said(gap) for gap in self.snapshot.gaps if _NEEDED & set(gap.kinds))),
        )

    def names(self) -> list[str]:
        """Hosts that were seen, and hosts that servers are on although nobody saw them."""
        return sorted({*self.world.hosts, *(card.space.host for card in self.cards.values())})

    # -- what stands where --------------------------------------------------------------------------------

    def host(self, name: str) -> Host:
        spaces = [space for (host, _), space in sorted(self.world.spaces.items()) if host == name]
        seen = [
            Space(name, each.name, tuple(self.devices(each)), self.of_space(each.name)) for each in spaces
        ]
        return Host(name, (*seen, *self.guests(name)))

    def devices(self, space: walked.Space) -> Iterator[Device]:
        """The links of a namespace; in a host's own also what only Open vSwitch knows."""
        for device in space.devices.values():
            if device.name not in _OF_THE_KERNEL:
                yield self.device(device)
        if space.name:
            return
        for bridge in self.snapshot.all(OvsBridge):
            if bridge.source.host == space.host and bridge.name not in space.devices:
                yield Device(At(space.host, "", bridge.name), "ovs")
        for _, each in sorted(self.plugged.items()):
            if each.source.host == space.host and each.type in ("patch", *_TUNNELS):
                number = self.tags.get((space.host, each.port))
                at = At(space.host, "", each.name)
                yield Device(at, each.type, each.mtu, None, (), each.mac, each.bridge, number)

    def device(self, device: walked.Device) -> Device:
        link, host = device.link, device.space.host
        kind, bridge, number = link.kind, link.master, link.vxlan_id or link.vlan_id
        port = self.plugged.get((host, device.name))
        if port is not None:
            number = self.tags.get((host, port.port), number)
            kind = "ovs" if port.bridge == device.name else port.type or kind
            bridge = port.bridge if not device.space.name and port.bridge != device.name else bridge
        return Device(
            at=_at(device),
            kind=kind,
            mtu=link.mtu,
            up=None if kind == "ovs" and not device.addresses else device.up,  # br-int is down, and works
            addresses=tuple(f"{each.ip}/{each.prefix}" for each in device.addresses),
            mac=link.mac,
            bridge=bridge,
            number=number,
            owner=self.of_device(device),
        )

    def guests(self, host: str) -> Iterator[Space]:
        """The servers of a host, as the API describes them."""
        found: dict[str, list[Device]] = defaultdict(list)
        for card in self.cards.values():
            if card.space.host == host:
                found[card.space.guest].append(self.device(card))
        for name, cards in sorted(found.items()):
            yield Space(
                host, name, tuple(sorted(cards, key=lambda card: card.at)), f"server {name}", guest=True
            )

    # -- whose it is --------------------------------------------------------------------------------------

    def of_space(self, name: str) -> str:
        kind, _, id = name.partition("-")
        match kind:
            case "qrouter" | "snat":
                return f"router {self.routers[id]}" if id in self.routers else ""
            case "qdhcp" | "ovnmeta" | "fip":
                network = self.world.networks.get(id)
                what = {"qdhcp": "DHCP of ", "ovnmeta": "metadata of ", "fip": "floating IPs of "}[kind]
                return f"{what}network {network.name}" if network else ""
        return ""

    def of_device(self, device: walked.Device) -> str:
        network = self.networks.get(device.name[3:14]) if device.name.startswith(("brq", "qbr")) else None
        if device.kind == "vxlan":
            network = self.of_vni.get(device.link.vxlan_id)
        if network is not None:
            return f"network {network.name}"
        port = device.port
        if port is None:
            return ""
        if port.device_id in self.servers:
            return f"server {self.servers[port.device_id]}"
        if port.device_id in self.routers:
            return f"router {self.routers[port.device_id]}"
        if port.device_owner == "network:dhcp" and port.network_id in self.world.networks:
            return f"DHCP of network {self.world.networks[port.network_id].name}"
        return f"port {port.name or port.id[:11]}"

    # -- what joins them ----------------------------------------------------------------------------------

    def edges(self) -> Iterator[Edge]:
        for device in self.world.devices():
            space = device.space
            at = _at(device)
            peer = self.world.peer(device) or self._namesake(device)
            if peer is not None and self.world.peer(peer) in (device, None):
                yield _edge("veth", at, _at(peer))
            lower = device.link.vxlan_link or ("" if device.kind == "veth" else device.link.lower)
            if lower in space.devices:
                yield Edge("over", at, At(space.host, space.name, lower))
            port = self.plugged.get((space.host, device.name))
            if port is not None and space.name:
                yield Edge("port", at, At(space.host, "", port.bridge))
            card = self.cards.get(device.name)
            if card is not None and card.port is not None and card.port.host == space.host:
                yield Edge("tap", at, _at(card))
        for each in self.plugged.values():
            peer_name = dict(each.options).get("peer", "")
            if each.type == "patch" and (each.source.host, peer_name) in self.plugged:
                yield _edge("patch", At(each.source.host, "", each.name), At(each.source.host, "", peer_name))

    def _namesake(self, device: walked.Device) -> walked.Device | None:
        """The other end of a veth by its name, where no index was told: Neutron ends both alike."""
        if device.kind != "veth" or device.link.peer_index is not None:
            return None
        fits = [each for each in self._veths[device.space.host, device.name[3:14]] if each is not device]
        return fits[0] if len(fits) == 1 and device.port is not None else None

    @cached_property
    def _veths(self) -> dict[tuple[str, str], list[walked.Device]]:
        found: dict[tuple[str, str], list[walked.Device]] = defaultdict(list)
        for device in self.world.devices():
            if device.kind == "veth":
                found[device.space.host, device.name[3:14]].append(device)
        return found

    # -- between hosts ------------------------------------------------------------------------------------

    def tunnels(self) -> Iterator[Tunnel]:
        ways = self._ways()
        for kind, a, b in sorted({(kind, *sorted((a, b))) for kind, a, b in ways}):
            there, back = ways.get((kind, a, b), {}), ways.get((kind, b, a), {})
            known = b in self.world.hosts and a in self.world.hosts
            address_b = next(iter(there.values()), "") or self._address(b)
            address_a = next(iter(back.values()), "") or self._address(a)
            numbers = tuple(sorted({number for number in (*there, *back) if number}))
            left, right = (a if a in self.world.hosts else "", b if b in self.world.hosts else "")
            both = set(there) == set(back) if known else None
            if not left:
                left, right, address_a, address_b = right, left, address_b, address_a
            yield Tunnel(kind, left, right, address_a, address_b, numbers, both)

    def _ways(self) -> dict[_Pair, dict[int, str]]:
        """(kind, from, to) → its numbers, each with the address that it is sent to."""
        ways: dict[_Pair, dict[int, str]] = defaultdict(dict)
        for device in self.world.devices():
            host, link = device.space.host, device.link
            if link.vxlan_id is not None:
                remotes = {entry.remote for entries in device.fdb.values() for entry in entries}
                if link.vxlan_group and not link.vxlan_group.startswith(("22", "23")):
                    remotes.add(link.vxlan_group)
                for remote in sorted(remotes - {""}):
                    ways["vxlan", host, self._host_at(remote)][link.vxlan_id] = remote
            elif link.tunnel_remote:
                far = self._host_at(link.tunnel_remote)
                ways["gre", host, far][link.tunnel_key or 0] = link.tunnel_remote
        for each in self.plugged.values():
            options = dict(each.options)
            remote, key = options.get("remote_ip", ""), options.get("in_key", "")
            if each.type in _TUNNELS and remote and remote != "flow":
                number = int(key) if key.isdecimal() else 0
                ways[each.type, each.source.host, self._host_at(remote)][number] = remote
        return ways

    def _host_at(self, address: str) -> str:
        """The host that has an underlay address, else the address itself."""
        return self._hosts_by_address.get(address, address)

    @cached_property
    def _hosts_by_address(self) -> dict[str, str]:
        found = {agent.tunnel_ip: agent.host for agent in self.snapshot.all(NetworkAgent) if agent.tunnel_ip}
        for each in self.snapshot.all(Address):
            if not each.namespace and each.link != "lo":
                found.setdefault(each.ip, each.source.host)
        return found

    def _address(self, host: str) -> str:
        return next((address for address, known in self._hosts_by_address.items() if known == host), "")

    def segments(self) -> Iterator[Segment]:
        external = {net.physical_network for net in self.networks.values() if net.external}
        for name, devices in sorted(self.world.wires.items()):
            members = sorted(At(each.space.host, "", each.name) for each in devices)
            physical = name.removeprefix("physical network ")
            yield Segment(_subnet_said(name), tuple(members), physical != name and physical in external)


def _at(device: walked.Device) -> At:
    """A server that nobody looked into is a namespace of its name."""
    space = device.space
    return At(space.host, space.guest or space.name, device.name)


def _edge(kind: str, a: At, b: At) -> Edge:
    """One edge for both ends."""
    return Edge(kind, *sorted((a, b)))


def _said(gap: Gap) -> str:
    return f"{gap.where}: {gap.what} could not be seen: {gap.why}"


def _subnet_said(name: str) -> str:
    """``World`` names a subnet by its number in hexadecimal.

    >>> _subnet_said("subnet 0a000100/24")
    '10.0.1.0/24'
    """
    kind, _, subnet = name.partition(" ")
    base, _, prefix = subnet.partition("/")
    if kind != "subnet":
        return name
    return ".".join(str(byte) for byte in bytes.fromhex(base)) + f"/{prefix}"
