"""The snapshot as a network: namespaces with devices, addresses, routes and firewalls, indexed for the walk.

Facts are sorted to their namespace once; what a namespace makes of them is made when a packet first comes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterator, Sequence
from functools import cached_property

from mitate.analyze.trace import guest, wire
from mitate.analyze.trace.conntrack import Captured
from mitate.analyze.trace.groups import Groups
from mitate.analyze.trace.openflow import Switch, switches
from mitate.analyze.trace.packet import Packet, ip, network, number
from mitate.analyze.trace.space import Device, Space
from mitate.model.cloud import (
    FloatingIp,
    Network,
    NetworkAgent,
    Port,
    Router,
    SecurityGroupRule,
    Server,
    Subnet,
)
from mitate.model.host import Process
from mitate.model.net import (
    Address,
    ConntrackEntry,
    FdbEntry,
    IpSet,
    IptablesChain,
    IptablesRule,
    Link,
    Namespace,
    Neighbour,
    NetworkSetting,
    NftChain,
    NftRule,
    NftSet,
    PolicyRule,
    Route,
    TrafficControl,
)
from mitate.model.ovs import (
    OvsBridge,
    OvsConnection,
    OvsFdb,
    OvsFlow,
    OvsGroup,
    OvsInterface,
    OvsPort,
)
from mitate.model.snapshot import Snapshot
from mitate.model.source import API, Fact

NET_KINDS = (
    *(Link, Address, Route, Neighbour, FdbEntry, IptablesChain, IptablesRule, PolicyRule, NetworkSetting),
    *(IpSet, NftChain, NftRule, NftSet, TrafficControl),
)
"""The kinds of facts that belong to one namespace."""

API_KINDS = (Network, Subnet, Port, Router, FloatingIp, Server, NetworkAgent, SecurityGroupRule)
OVS_KINDS = (OvsBridge, OvsPort, OvsInterface, OvsFlow, OvsGroup, OvsFdb, OvsConnection)
WIRING = (Link, OvsBridge)
NEEDS = (*NET_KINDS, *OVS_KINDS, *API_KINDS, Namespace, ConntrackEntry, Process)
"""All that a walk can ask for."""


class World:
    """Everything of a snapshot that a packet can meet. ``guests``: made from the API, by port id."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._looked = snapshot.looked
        sorted_out: dict[tuple[str, str], dict[type[Fact], list[Fact]]] = defaultdict(
            lambda: defaultdict(list)
        )
        for kind in NET_KINDS:
            for fact in snapshot.all(kind):
                sorted_out[fact.source.host, fact.namespace][kind].append(fact)  # type: ignore[attr-defined]
        self.spaces = {key: Space(self, *key, facts) for key, facts in sorted_out.items()}
        self.ports = snapshot.all(Port)
        self.networks = {each.id: each for each in snapshot.all(Network)}
        self.subnets = {each.id: each for each in snapshot.all(Subnet)}
        self.servers = snapshot.all(Server)
        self._cards: dict[str, Device] = {}

    # -- who is where -------------------------------------------------------------------------------------

    def space(self, host: str, name: str = "") -> Space | None:
        return self.spaces.get((host, name))

    def saw(self, kind: type[Fact], host: str) -> bool:
        return (kind.__name__, host) in self._looked

    def hides(self, host: str, *kinds: type[Fact]) -> str:
        """Which of these a host did not tell, as words; "" when it told all. By default: what is connected
        with what there, without which nothing can be concluded from what is missing."""
        lacking = [each.__name__ for each in kinds or WIRING if not self.saw(each, host)]
        return f"{', '.join(lacking)} of {host} could not be seen" if lacking else ""

    def hides_owner(self, address: int, asker: Device, tunnel: bool) -> str:
        """Why nobody may seem to have an address although somebody has it; "" when all who might have it were
        seen. tunnel: it is the other end of a tunnel, which any host of the cloud may be."""
        owners = {each.space.host for each in self.owners_of(address)}
        owners |= {port.host for port in self.ports_of_ip.get(ip(address), ()) if port.host}
        if not owners and tunnel:
            owners = {host for _, host in self._looked} | {gap.where for gap in self.snapshot.gaps}
        hosts = sorted((owners | {asker.space.host}) - {API, ""})
        return next((why for host in hosts if (why := self.hides(host))), "")

    @cached_property
    def hosts(self) -> list[str]:
        return sorted({host for host, _ in self.spaces})

    @cached_property
    def port_of_device(self) -> dict[str, Port]:
        """By the 11 characters of its id that Neutron puts behind tap, qr-, qg-, …"""
        return {port.id[:11]: port for port in self.ports}

    @cached_property
    def port_of_mac(self) -> dict[str, Port]:
        return {port.mac.lower(): port for port in self.ports}

    @cached_property
    def port_by_id(self) -> dict[str, Port]:
        return {port.id: port for port in self.ports}

    @cached_property
    def server_by_id(self) -> dict[str, Server]:
        return {server.id: server for server in self.servers}

    @cached_property
    def ports_of_device(self) -> dict[str, list[Port]]:
        """The ports of each server (or router, …)."""
        found: dict[str, list[Port]] = defaultdict(list)
        for port in self.ports:
            found[port.device_id].append(port)
        return found

    @cached_property
    def ports_of_ip(self) -> dict[str, list[Port]]:
        found: dict[str, list[Port]] = defaultdict(list)
        for port in self.ports:
            for _, address in port.fixed_ips:
                found[address].append(port)
        return found

    @cached_property
    def _stacks(self) -> tuple[dict[str, list[Device]], dict[int, list[Device]]]:
        """Seen devices of IP stacks, by MAC and by IPv4 address."""
        macs: dict[str, list[Device]] = defaultdict(list)
        for device in self.devices():
            if device.bridge is None and device.mac:
                macs[device.mac].append(device)
        addresses: dict[int, list[Device]] = defaultdict(list)
        for space in self.spaces.values():
            for address, (_, device) in space.addresses.items():
                addresses[address].append(device)
        return macs, addresses

    def devices_of_mac(self, mac: str) -> list[Device]:
        """The devices of IP stacks that have a MAC, servers' cards too."""
        found = self._stacks[0].get(mac, [])
        port = self.port_of_mac.get(mac)
        card = self.card(port) if port is not None and port.device_owner.startswith("compute:") else None
        return found if card is None or card in found else [*found, card]

    def owners_of(self, address: int) -> list[Device]:
        """The devices that have an IPv4 address, servers' cards too."""
        found = list(self._stacks[1].get(address, []))
        for port in self.ports_of_ip.get(ip(address), ()):
            if port.device_owner.startswith("compute:"):
                card = self.card(port)
                if card is not None and card not in found:
                    found.append(card)
        return found

    def owns(self, address: int) -> bool:
        """Whether an address is one of the cloud's own."""
        return address in self._stacks[1] or ip(address) in self.ports_of_ip or ip(address) in self.floating

    def is_endpoint(self, address: int) -> bool:
        """Whether tunnels of a host that was seen end there, by its addresses or by what its tunnels say."""
        return self.owns(address) or ip(address) in self._locals

    @cached_property
    def _locals(self) -> frozenset[str]:
        """The addresses that tunnel devices send from."""
        links = self.snapshot.all(Link)
        return frozenset(each.vxlan_local or each.tunnel_local for each in links)

    def has_fixed(self, address: int) -> bool:
        """Whether a port of a network that is not external has the address."""
        ports = self.ports_of_ip.get(ip(address), ())
        networks = (self.networks.get(port.network_id) for port in ports)
        return any(net is not None and not net.external for net in networks)

    def is_known(self, mac: str) -> bool:
        return mac in self._stacks[0] or mac in self.port_of_mac

    @cached_property
    def floating(self) -> dict[str, FloatingIp]:
        return {each.address: each for each in self.snapshot.all(FloatingIp)}

    def expected_owner(self, address: int, asker: Device) -> str | None:
        """The MAC of whoever should have an address, as seen from a device: on its own network, if that is
        known."""
        owners = [each for each in self.owners_of(address) if each is not asker and each.mac]
        port = asker.port
        if port is not None:
            near = [each for each in owners if each.port and each.port.network_id == port.network_id]
            owners = near or [each for each in owners if each.port is None]
        macs = {each.mac for each in owners}
        return macs.pop() if len(macs) == 1 else None

    def port_at(self, address: int, macs: Container[str]) -> Port | None:
        """The port that Neutron gave an address to, among these MACs."""
        return next(
            (each for each in self.ports_of_ip.get(ip(address), ()) if each.mac.lower() in macs), None
        )

    def tap(self, port: Port) -> Device | None:
        """The device of a port on the host it is bound to, at the side of the host."""
        space = self.space(port.host)
        if space is None:
            return None
        return next((space.devices[name] for name in _names(port) if name in space.devices), None)

    def inside(self, port: Port) -> Device | None:
        """The device of a router's or DHCP server's port, in its namespace."""
        names = _names(port)
        for space in self.spaces.values():
            if space.name and (not port.host or space.host == port.host):
                for name in names:
                    if name in space.devices:
                        return space.devices[name]
        return None

    # -- servers ------------------------------------------------------------------------------------------

    def card(self, port: Port) -> Device | None:
        """A server's network card: where its namespace was seen, that; else one made of what the API says."""
        tap = self.tap(port)
        if tap is not None and tap.kind == "veth" and tap.peer is not None and tap.peer.space.name:
            return tap.peer
        if port.id not in self._cards:
            mine = self.ports_of_device[port.device_id] if port.device_id else [port]
            self._cards.update(guest.cards(self, mine))
        return self._cards.get(port.id)

    def card_behind(self, tap: Device) -> Device | None:
        """The card of the server behind a tap; None when its other end is something that was seen."""
        if tap.space.name or tap.space.guest or tap.port is None or not tap.name.startswith("tap"):
            return None
        if tap.kind == "veth" or not tap.port.device_owner.startswith("compute:"):
            return None
        return self.card(tap.port)

    @cached_property
    def groups(self) -> Groups:
        return Groups(self.snapshot.all(SecurityGroupRule), self.ports)

    @cached_property
    def titles(self) -> dict[str, str]:
        """Namespaces as people call them: qrouter-ID is "router NAME"."""
        found = {}
        for router in self.snapshot.all(Router):
            for prefix, what in (("qrouter", "router"), ("snat", "SNAT of router")):
                found[f"{prefix}-{router.id}"] = f"{what} {router.name or router.id}"
        for net in self.networks.values():
            found[f"qdhcp-{net.id}"] = f"DHCP server of {net.name or net.id}"
        return found

    def devices(self) -> Iterator[Device]:
        for space in self.spaces.values():
            yield from space.devices.values()

    def hosts_spaces(self) -> Iterator[Space]:
        """The hosts' own namespaces."""
        yield from (space for (_, name), space in self.spaces.items() if not name)

    def adopt(self, space: Space, devices: dict[str, Device]) -> None:
        """Tell devices whose Neutron port they are."""
        for device in devices.values():
            if device.name[:3] in ("tap", "qr-", "qg-", "sg-", "ns-", "qvo", "qvb", "fg-"):
                device.port = self.port_of_device.get(device.name[3:14])

    # -- cables -------------------------------------------------------------------------------------------

    @cached_property
    def _ends(self) -> dict[tuple[str, int, int], list[Device]]:
        """The ends of veths: (host, own index, index of the peer)."""
        found: dict[tuple[str, int, int], list[Device]] = defaultdict(list)
        for device in self.devices():
            if device.kind == "veth" and device.link.peer_index is not None:
                found[device.space.host, device.link.index, device.link.peer_index].append(device)
        return found

    def peer(self, device: Device) -> Device | None:
        """The other end of a veth: by the kernel's own words where it told the namespace, else by the pair of
        indexes, when only one device of the host fits."""
        link = device.link
        if device.kind != "veth" or link.peer_index is None:
            return None
        if link.peer_namespace is not None:
            other = self.space(device.space.host, link.peer_namespace)
            return other.by_index.get(link.peer_index) if other else None
        same = device.space.devices.get(link.lower)
        if same is not None:
            return same
        # in the same namespace the kernel would have told the peer's name
        fits = [
            each
            for each in self._ends.get((device.space.host, link.peer_index, link.index), ())
            if each.space is not device.space
        ]
        if len(fits) > 1:  # Neutron gives both ends the same end of their name
            fits = [each for each in fits if each.name[3:14] == device.name[3:14]]
        return fits[0] if len(fits) == 1 else None

    # -- the physical network -----------------------------------------------------------------------------

    @cached_property
    def mappings(self) -> dict[str, dict[str, str]]:
        """Host → bridge (or interface) → physical network, as the agents report it."""
        found: dict[str, dict[str, str]] = defaultdict(dict)
        for agent in self.snapshot.all(NetworkAgent):
            for physical, where in agent.bridge_mappings:
                found[agent.host][where] = physical
        return found

    @cached_property
    def wires(self) -> dict[str, list[Device]]:
        """The physical devices of all hosts by the segment that they are on."""
        found: dict[str, list[Device]] = defaultdict(list)
        for device in self.devices():
            if is_wire(device):
                found[self.segment(device)].append(device)
        return found

    def segment(self, device: Device) -> str:
        """A name for the wire that a physical device is on: what is on the same one has the same name."""
        host = device.space.host
        mapped = self.mappings.get(host, {})
        if device.name in mapped:
            return f"physical network {mapped[device.name]}"
        if device.bridge is not None:
            if device.bridge.name in mapped:
                return f"physical network {mapped[device.bridge.name]}"
            if device.bridge.name.startswith("brq"):
                found = self.network_of_bridge(device.bridge.name)
                physical = found.physical_network if found else ""
                return f"physical network {physical}" if physical else f"network {device.bridge.name[3:]}"
            return (
                f"bridge {device.bridge.name} of {host}"
                if not device.bridge.addresses
                else _subnet(device.bridge)
            )
        switch = self.switches.get(host)
        if switch is not None and switch.has(device.name):
            bridge = switch.bridge_of(device.name)
            name = bridge.name if bridge is not None else device.name
            return f"physical network {mapped.get(name, name)}"
        return _subnet(device)

    def network_of_bridge(self, bridge: str) -> Network | None:
        return next((net for net in self.networks.values() if net.id.startswith(bridge[3:14])), None)

    def leads_outside(self, device: Device, question: Packet) -> bool:
        """Whether somebody out there may answer an ARP question that leaves by a card: on an external network
        anybody, on another provider network only its gateway."""
        segment = self.segment(device)
        nets = [net for net in self.networks.values() if wire.on_segment(net, segment)]
        if question.vlan is not None:
            nets = [net for net in nets if net.segmentation_id == question.vlan] or nets
        if any(net.external for net in nets):
            return True
        gateways = {each.gateway_ip for net in nets for each in self.subnets_of(net)}
        return ip(question.dst) in gateways

    def subnets_of(self, net: Network) -> list[Subnet]:
        return [each for each in self.subnets.values() if each.network_id == net.id]

    def upstream(self, nets: Sequence[Network], client: int) -> int:
        """Who asks for an address on the external network: the client itself, where it is on it, else the
        router out there."""
        gateway = 0
        for each in (subnet for net in nets for subnet in self.subnets_of(net) if subnet.ip_version == 4):
            base, mask, _ = network(each.cidr)
            if client & mask == base:
                return client
            gateway = gateway or (number(each.gateway_ip) if each.gateway_ip else 0)
        return gateway

    def spaces_named(self, name: str) -> list[Space]:
        """The namespaces of a name, on whichever hosts."""
        return [self.spaces[host, name] for host in self.hosts if (host, name) in self.spaces]

    def device_anywhere(self, host: str, name: str) -> Device | None:
        """A device by its name, in whichever namespace of a host (ports of Open vSwitch are moved)."""
        return self._by_name.get((host, name))

    @cached_property
    def _by_name(self) -> dict[tuple[str, str], Device]:
        found: dict[tuple[str, str], Device] = {}
        for device in self.devices():
            found.setdefault((device.space.host, device.name), device)
        return found

    # -- Open vSwitch -------------------------------------------------------------------------------------

    @cached_property
    def switches(self) -> dict[str, Switch]:
        """By host; only hosts that have bridges."""
        return switches(self.snapshot)

    @cached_property
    def _internal(self) -> set[tuple[str, str]]:
        return {(e.source.host, e.name) for e in self.snapshot.all(OvsInterface) if e.type == "internal"}

    def is_internal(self, host: str, interface: str) -> bool:
        """Whether it is a port of Open vSwitch whose other end is an IP stack, in whichever namespace."""
        return (host, interface) in self._internal

    def device_of(self, port: Port) -> Device | None:
        """The device of a port, at the host's side or in a namespace."""
        return self.tap(port) or self.inside(port)

    @cached_property
    def connections(self) -> dict[tuple[str, str], Sequence[ConntrackEntry]]:
        """The captured entries of each namespace."""
        found: dict[tuple[str, str], list[ConntrackEntry]] = defaultdict(list)
        for entry in self.snapshot.all(ConntrackEntry):
            found[entry.source.host, entry.namespace].append(entry)
        return dict(found)

    @cached_property
    def captured(self) -> Captured:
        """The same, found by their addresses."""
        return Captured(self.connections)


def is_wire(device: Device) -> bool:
    """Whether it leads out of the host: a card, or a veth whose other end nobody saw (a host that is one)."""
    if device.space.name or device.space.guest:
        return False
    if device.kind in ("", "bond", "team", "macvlan", "ipvlan"):
        return device.name != "lo" and not device.link.name.startswith(("ovs-", "lo"))
    return device.kind == "veth" and device.peer is None and not device.name.startswith(("tap", "qv"))


def _subnet(device: Device) -> str:
    for each in device.addresses:
        base, _, prefix = network(f"{each.ip}/{each.prefix}")
        return f"subnet {base:08x}/{prefix}"
    return f"{device.name} of {device.space.host}"


def _names(port: Port) -> tuple[str, ...]:
    """What Neutron calls the device of a port: tap at the host, others inside, qvo under OVS hybrid."""
    short = port.id[:11]
    return tuple(f"{prefix}{short}" for prefix in ("tap", "qvo", "qr-", "qg-", "ns-", "sg-", "ha-", "fg-"))
