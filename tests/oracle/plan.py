"""A case, drawn by chance: a small cloud and what is asked of it. Pure: seed and number say all."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from ipaddress import IPv4Network
from random import Random

NODE = "network"
"""The network node."""
EDGE, OUTSIDE, NEAR, OVERLAP = "edge", "outside", "near", "overlap"
"""Where no agent runs: the upstream router; clients behind it, beside it, and in a fixed subnet's range."""
EXTERNAL = IPv4Network("203.0.113.0/24")
UPSTREAM = "203.0.113.1"
CLIENTS = {OUTSIDE: "198.51.100.7", NEAR: "203.0.113.100"}
UDP, TCP = 5000, 80
"""The ports that servers and clients listen on."""


@dataclass(frozen=True)
class Net:
    """A tenant network with one subnet. host_routes: (destination, nexthop)."""

    id: str
    name: str
    subnet_id: str
    vni: int
    cidr: IPv4Network
    host_routes: tuple[tuple[str, str], ...] = ()

    @property
    def bridge(self) -> str:
        return f"brq{self.id[:11]}"

    @property
    def vxlan(self) -> str:
        return f"vxlan-{self.vni}"

    @property
    def gateway(self) -> str:
        return str(self.cidr[1])


@dataclass(frozen=True)
class Nic:
    """A port of Neutron. net None: on the external network. device: its end in the namespace it serves."""

    id: str
    mac: str
    net: Net | None
    ip: str
    host: str
    device: str

    @property
    def tap(self) -> str:
        return f"tap{self.id[:11]}"


@dataclass(frozen=True)
class Vm:
    """A server. open: what its security group lets in. fip: its floating IP, or "". sets: by remote group."""

    id: str
    name: str
    nic: Nic
    open: tuple[str, ...]
    fip: str = ""
    egress: bool = True
    sets: bool = False
    secure: bool = True

    @property
    def space(self) -> str:
        return f"guest-{self.name}"


@dataclass(frozen=True)
class Router:
    """gateway: its port on the external network. routes: extra routes."""

    id: str
    name: str
    gateway: Nic | None
    inner: tuple[Nic, ...]
    routes: tuple[tuple[str, str], ...] = ()

    @property
    def space(self) -> str:
        return f"qrouter-{self.id}"


@dataclass(frozen=True)
class Asked:
    """source, destination: as ``mitate trace`` takes them. at, to: (host, namespace) of the two ends.

    address: where packets are sent. port: 0 for ICMP.
    """

    source: str
    destination: str
    at: tuple[str, str]
    to: tuple[str, str]
    sender: str
    address: str
    proto: str
    port: int


@dataclass(frozen=True)
class Plan:
    seed: int
    case: int
    computes: tuple[str, ...]
    nets: tuple[Net, ...]
    dhcp: tuple[Nic, ...]
    routers: tuple[Router, ...]
    vms: tuple[Vm, ...]
    brnf: bool
    firewall: bool
    arp_protect: bool
    zones: bool
    flood: str
    """How a vxlan device finds the others: fdb (l2population), proxy (that, answering ARP), learn, remote."""
    strict: int
    """rp_filter of the routers."""
    ext_id: str
    ext_subnet_id: str
    overlap: str
    """The address of a client in the fixed range of the first network, behind the upstream router."""
    warm: bool
    """The same was sent once before anything broke, so connections and neighbours are known."""
    asked: Asked
    sizes: tuple[int, ...]

    @property
    def hosts(self) -> tuple[str, ...]:
        return (NODE, *self.computes)

    @property
    def ext_bridge(self) -> str:
        return f"brq{self.ext_id[:11]}"

    @property
    def clients(self) -> tuple[str, ...]:
        """The ends of what is asked that are outside."""
        return tuple(space for host, space in (self.asked.at, self.asked.to) if not host)

    def underlay(self, host: str) -> str:
        return f"10.0.1.{12 if host == NODE else 21 + self.computes.index(host)}"

    def router_of(self, net: Net) -> Router | None:
        """The router whose address is the network's gateway."""
        for router in self.routers:
            if any(nic.ip == net.gateway and nic.net == net for nic in router.inner):
                return router
        return None

    def taps(self, host: str) -> list[Nic]:
        """Every port of Neutron that has a tap on that host."""
        nics = [vm.nic for vm in self.vms]
        nics += self.dhcp
        for router in self.routers:
            nics += [*router.inner, *([router.gateway] if router.gateway else [])]
        return [nic for nic in nics if nic.host == host]


class Dice(Random):
    """Chance, with the words that the plans need."""

    def often(self, share: float) -> bool:
        return self.random() < share

    def id(self) -> str:
        return str(uuid.UUID(int=self.getrandbits(128), version=4))

    def mac(self) -> str:
        return "fa:16:3e:" + ":".join(f"{self.getrandbits(8):02x}" for _ in range(3))


def plan(seed: int, case: int) -> Plan:
    """The case of that number; ``faults.draw`` draws what is broken in it."""
    dice = Dice(f"{seed}:{case}")
    computes = tuple(f"compute{n + 1}" for n in range(dice.choice((1, 2, 2, 3))))
    nets = tuple(_net(dice, n) for n in range(dice.choice((1, 2, 2))))
    ext_id, ext_subnet_id = dice.id(), dice.id()
    routers = _routers(dice, nets)
    vms = _vms(dice, computes, nets, routers)
    dhcp = tuple(_nic(dice, net, str(net.cidr[2]), NODE, "ns-") for net in nets)
    overlap = str(nets[0].cidr[99])
    alone = len({vm.nic.host for vm in vms}) == 1
    asked = _asked(dice, vms, overlap)
    sizes = (84,) if asked.proto == "tcp" else tuple(sorted({84, *dice.sample((1400, 1450, 1451, 1500), 3)}))
    return Plan(
        seed=seed,
        case=case,
        computes=tuple(sorted({vm.nic.host for vm in vms})),
        nets=nets,
        dhcp=dhcp,
        routers=routers,
        vms=vms,
        brnf=dice.often(0.75),
        firewall=dice.often(0.8),
        arp_protect=dice.often(0.6),
        zones=dice.often(0.7),
        flood=dice.choice(("fdb", "fdb", "fdb", "proxy", "learn", "remote" if alone else "fdb")),
        strict=dice.choice((0, 0, 0, 2, 1)),
        ext_id=ext_id,
        ext_subnet_id=ext_subnet_id,
        overlap=overlap,
        warm=dice.often(0.2),
        asked=asked,
        sizes=sizes,
    )


def _net(dice: Dice, number: int) -> Net:
    cidr = IPv4Network(f"10.{10 + number}.{dice.randrange(3)}.0/24")
    some = ("198.51.100.0/24", str(cidr[dice.choice((1, 1, 2))])) if dice.often(0.2) else None
    routes = (some,) if some else ()
    return Net(
        dice.id(), f"private{number + 1}", dice.id(), 2 * dice.randrange(100, 60000) + number, cidr, routes
    )


def _nic(dice: Dice, net: Net | None, ip: str, host: str, prefix: str) -> Nic:
    port = dice.id()
    return Nic(port, dice.mac(), net, ip, host, f"{prefix}{port[:11]}" if prefix else "eth0")


def _routers(dice: Dice, nets: tuple[Net, ...]) -> tuple[Router, ...]:
    """One for all networks, or one each; then, sometimes, the second is reached through the first only."""

    def made(name: str, gateway: str, inner: list[tuple[Net, str]], routes: list[tuple[str, str]]) -> Router:
        out = _nic(dice, None, gateway, NODE, "qg-") if gateway else None
        ports = tuple(_nic(dice, net, ip, NODE, "qr-") for net, ip in inner)
        return Router(dice.id(), name, out, ports, tuple(routes))

    if len(nets) == 1 or dice.often(0.5):
        return (made("router1", "203.0.113.161", [(net, net.gateway) for net in nets], []),)
    first, second = nets
    if dice.often(0.5):  # two that know nothing of each other
        return (
            made("router1", "203.0.113.161", [(first, first.gateway)], []),
            made("router2", "203.0.113.162", [(second, second.gateway)], []),
        )
    joint = str(first.cidr[253])
    return (
        made("router1", "203.0.113.161", [(first, first.gateway)], [(str(second.cidr), joint)]),
        made("router2", "", [(second, second.gateway), (first, joint)], [("0.0.0.0/0", first.gateway)]),
    )


def _vms(
    dice: Dice, computes: tuple[str, ...], nets: tuple[Net, ...], routers: tuple[Router, ...]
) -> tuple[Vm, ...]:
    out = {nic.net for router in routers if router.gateway for nic in router.inner}
    vms = []
    for number in range(dice.choice((2, 3, 3, 4))):
        net = dice.choice(nets)
        nic = _nic(dice, net, str(net.cidr[10 + number]), dice.choice(computes), "")
        opened = tuple(what for what in ("icmp", "tcp", "udp") if dice.often(0.92))
        vms.append(
            Vm(
                id=dice.id(),
                name=f"vm{number + 1}",
                nic=nic,
                open=opened,
                fip=f"203.0.113.{150 + number}" if net in out and dice.often(0.7) else "",
                egress=dice.often(0.95),
                sets=dice.often(0.2),
                secure=dice.often(0.9),
            )
        )
    return tuple(vms)


def _asked(dice: Dice, vms: tuple[Vm, ...], overlap: str) -> Asked:
    proto = dice.choice(("icmp", "icmp", "udp", "udp", "tcp"))
    port = {"icmp": 0, "udp": UDP, "tcp": TCP}[proto]
    floating = [vm for vm in vms if vm.fip]
    kind = dice.choice(("in", "in", "in", "out", "out", "across", "across", "hairpin"))
    if kind == "in" and floating:
        vm = dice.choice(floating)
        where = dice.choice((OUTSIDE, OUTSIDE, NEAR, OVERLAP))
        sender = CLIENTS.get(where, overlap)
        return Asked(
            f"external:{sender}", vm.fip, ("", where), (vm.nic.host, vm.space), sender, vm.fip, proto, port
        )
    vm = dice.choice(vms)
    at = (vm.nic.host, vm.space)
    if kind == "hairpin" and floating:
        other = dice.choice(floating)
        to = (other.nic.host, other.space)
        return Asked(vm.name, other.fip, at, to, vm.nic.ip, other.fip, proto, port)
    others = [other for other in vms if other is not vm]
    if kind in ("across", "hairpin") and others:
        other = dice.choice(others)
        name = dice.choice((other.name, other.nic.ip))
        return Asked(vm.name, name, at, (other.nic.host, other.space), vm.nic.ip, other.nic.ip, proto, port)
    where = dice.choice((OUTSIDE, NEAR))
    client = CLIENTS[where]
    return Asked(vm.name, f"external:{client}", at, ("", where), vm.nic.ip, client, proto, port)
