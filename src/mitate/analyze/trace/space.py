"""A network namespace of a host and the devices in it, as a walk meets them."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from mitate.analyze.trace.netfilter import Firewall
from mitate.analyze.trace.openflow import Switch
from mitate.analyze.trace.packet import network, number
from mitate.analyze.trace.routes import Routes
from mitate.model.cloud import (
    Port,
)
from mitate.model.diagnosis import Evidence
from mitate.model.net import (
    Address,
    FdbEntry,
    IpSet,
    IptablesChain,
    IptablesRule,
    Link,
    Neighbour,
    NetworkSetting,
    NftChain,
    NftRule,
    NftSet,
    PolicyRule,
    Route,
    TrafficControl,
)
from mitate.model.source import Fact

if TYPE_CHECKING:
    from mitate.analyze.trace.world import World

F = TypeVar("F", bound=Fact)


class Device:
    """An interface of a namespace. ports: of a bridge, the devices in it. fdb: by MAC (of a VXLAN device the
    remotes; the zero MAC is where unknown frames go)."""

    def __init__(self, space: Space, link: Link) -> None:
        self.space = space
        self.link = link
        self.name = link.name
        self.kind = link.kind
        self.mac = link.mac.lower()
        self.mtu = link.mtu
        self.ports: list[Device] = []
        self.bridge: Device | None = None
        self.vlans: dict[int, Device] = {}
        self.fdb: dict[str, list[FdbEntry]] = {}
        self.port: Port | None = None
        """Neutron's port, where the device is one's."""

    @property
    def up(self) -> bool:
        return self.link.up and self.link.carrier is not False and self.link.state != "LOWERLAYERDOWN"

    @cached_property
    def peer(self) -> Device | None:
        """The other end of a veth; None when it was not seen."""
        return self.space.world.peer(self)

    @cached_property
    def addresses(self) -> list[Address]:
        return [each for each in self.space.address_facts if each.link == self.name and "." in each.ip]

    def evidence(self, words: str = "") -> Evidence:
        return Evidence.of(self.link, words)

    def __repr__(self) -> str:
        return f"<{self.space.host} {self.space.name} {self.name}>"


class Space:
    """One network namespace of one host. guest: the name of a server that nobody saw, as the API has it."""

    def __init__(self, world: World, host: str, name: str, facts: dict[type[Fact], list[Fact]]) -> None:
        self.world = world
        self.host = host
        self.name = name
        self._facts = facts
        self.guest = ""

    def of(self, kind: type[F]) -> list[F]:
        return self._facts.get(kind, [])  # type: ignore[return-value]

    @cached_property
    def address_facts(self) -> list[Address]:
        return self.of(Address)

    @cached_property
    def devices(self) -> dict[str, Device]:
        """By name. Bridges know their ports, VLANs their lower device."""
        found = {link.name: Device(self, link) for link in self.of(Link)}
        for device in found.values():
            bridge = found.get(device.link.master)
            if bridge is not None and bridge.kind == "bridge":
                device.bridge = bridge
                bridge.ports.append(device)
            if device.link.vlan_id is not None and device.link.lower in found:
                found[device.link.lower].vlans[device.link.vlan_id] = device
        for entry in self.of(FdbEntry):
            owner = found.get(entry.link)
            if owner is None:
                continue
            mac = entry.mac.lower()
            if entry.remote:
                owner.fdb.setdefault(mac, []).append(entry)
            elif owner.bridge is not None:
                owner.bridge.fdb.setdefault(mac, []).append(entry)
        self.world.adopt(self, found)
        return found

    @cached_property
    def by_index(self) -> dict[int, Device]:
        return {device.link.index: device for device in self.devices.values()}

    @cached_property
    def addresses(self) -> dict[int, tuple[Address, Device]]:
        """The IPv4 addresses that are its own."""
        found: dict[int, tuple[Address, Device]] = {}
        for each in self.address_facts:
            device = self.devices.get(each.link)
            if device is not None and "." in each.ip:
                found.setdefault(number(each.ip), (each, device))
        return found

    @cached_property
    def broadcasts(self) -> frozenset[int]:
        """The broadcast addresses of its subnets."""
        found = {0xFFFFFFFF}
        for each in self.address_facts:
            if "." in each.ip and each.prefix < 31:
                base, mask, _ = network(f"{each.ip}/{each.prefix}")
                found.add(base | (~mask & 0xFFFFFFFF))
        return frozenset(found)

    @cached_property
    def routes(self) -> Routes:
        return Routes(self.of(Route), self.of(PolicyRule))

    @cached_property
    def neighbours(self) -> dict[tuple[str, str], Neighbour]:
        """By device and address."""
        return {(each.link, each.ip): each for each in self.of(Neighbour) if not each.proxy}

    @cached_property
    def proxied(self) -> set[tuple[str, str]]:
        return {(each.link, each.ip) for each in self.of(Neighbour) if each.proxy}

    @cached_property
    def controlled(self) -> frozenset[str]:
        """The devices with tc filters or programs on them."""
        return frozenset(each.link for each in self.of(TrafficControl))

    @cached_property
    def stands_proxy(self) -> bool:
        """Whether it may answer ARP for others on any of its devices."""
        return bool(self.proxied) or any(
            each.value == "1" and each.name.endswith("/proxy_arp") for each in self.of(NetworkSetting)
        )

    @cached_property
    def vxlans(self) -> dict[tuple[int | None, int | None], Device]:
        """Its VXLAN devices by UDP port and number."""
        found = (each for each in self.devices.values() if each.kind == "vxlan")
        return {(each.link.vxlan_port, each.link.vxlan_id): each for each in found}

    @cached_property
    def endpoints(self) -> set[str]:
        """The addresses by which tunnels reach this host: those its tunnel devices say, else all it has."""
        told = {each.link.vxlan_local for each in self.vxlans.values()} - {""}
        return told or {
            each.ip for each in self.address_facts if "." in each.ip and not each.ip.startswith("127.")
        }

    @cached_property
    def settings(self) -> dict[str, NetworkSetting]:
        return {each.name: each for each in self.of(NetworkSetting)}

    def setting(self, name: str, default: int = 0) -> int:
        """A sysctl below ``net`` as a number; ``default`` where it was not told."""
        fact = self.settings.get(name)
        try:
            return int(fact.value) if fact else default
        except ValueError:
            return default

    def conf(self, device: str, name: str) -> int:
        return self.setting(f"ipv4/conf/{device}/{name}", self.setting(f"ipv4/conf/default/{name}"))

    @cached_property
    def firewall(self) -> Firewall:
        return Firewall(
            self.host,
            self.name,
            self.of(IptablesChain),
            self.of(IptablesRule),
            self.of(IpSet),
            self.of(NftChain),
            self.of(NftRule),
            self.of(NftSet),
            self._own_addresses(),
        )

    def _own_addresses(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = defaultdict(list)
        for each in self.address_facts:
            if "." in each.ip:
                found[each.link].append(number(each.ip))
        return found

    @property
    def switch(self) -> Switch | None:
        """The Open vSwitch whose ports may be here (internal ports live in any namespace)."""
        return None if self.guest else self.world.switches.get(self.host)

    @property
    def is_server(self) -> bool:
        """Whether it is a server's own: made from the API, or a namespace behind a server's tap."""
        return bool(self.guest) or any(
            device.peer is not None
            and device.peer.name.startswith("tap")
            and device.peer.port is not None
            and device.peer.port.device_owner.startswith("compute:")
            for device in self.devices.values()
            if device.kind == "veth"
        )

    def lacks(self, *kinds: type[Fact]) -> str:
        """Which of these nobody could see on this host, as words; "" when all were seen."""
        if self.guest:
            return ""
        return ", ".join(kind.__name__ for kind in kinds if not self.world.saw(kind, self.host))

    def __repr__(self) -> str:
        return f"<{self.host} {self.name}>"
