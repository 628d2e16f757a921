"""A plan made real: namespaces, cables, bridges, addresses and rules, as Neutron's agents make them."""

from __future__ import annotations

import array
import fcntl
import socket
import struct
from collections import defaultdict

from tests.oracle import neutron
from tests.oracle.plan import CLIENTS, EDGE, NEAR, NODE, OUTSIDE, OVERLAP, UPSTREAM, Nic, Plan
from tests.oracle.spaces import Spaces

UNDERLAY, PUBLIC = "underlay", "public"
"""The switches between the hosts, and outside."""
PORT = 8472

_QUIET = {
    "ipv6/conf/all/disable_ipv6": 1,
    "ipv6/conf/default/disable_ipv6": 1,
    "ipv4/conf/all/rp_filter": 0,
    "ipv4/conf/default/rp_filter": 0,
    "ipv4/conf/all/accept_redirects": 0,
    "ipv4/conf/default/accept_redirects": 0,
    "ipv4/ip_forward": 0,
}


class Cloud:
    """A case in the kernel. A namespace is named HOST for a host's own, else HOST:NAME; outside only NAME."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.spaces = Spaces()
        self._batch: dict[str, list[str]] = defaultdict(list)
        self._after: dict[str, str] = {}
        self._cables: list[tuple[str, str, str, str]] = []
        self.names = self._names()
        try:
            self._build()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self.spaces.close()

    def _names(self) -> list[str]:
        plan = self.plan
        found = [*plan.hosts, UNDERLAY, PUBLIC, EDGE, *plan.clients]
        found += [at(NODE, router.space) for router in plan.routers]
        found += [at(NODE, dhcp_space(nic)) for nic in plan.dhcp]
        return found + [at(vm.nic.host, vm.space) for vm in plan.vms]

    def _build(self) -> None:
        for name in self.names:
            self.spaces.add(name)
            self.spaces.settings(name, _QUIET)
        self._switches()
        self._outside()
        for host in self.plan.hosts:
            self._host(host)
        for vm in self.plan.vms:
            self._guest(vm.nic, at(vm.nic.host, vm.space))
        for nic in self.plan.dhcp:
            self._guest(nic, at(NODE, dhcp_space(nic)))
        self._routers()
        self._plug()
        scripts = {}
        for name in self.names:
            lines = "\n".join(["link set lo up", *self._batch[name]])
            scripts[name] = f"ip -batch - <<'END'\n{lines}\nEND\n{self._after.get(name, '')}"
        self.spaces.run(scripts)
        for name in self.names:
            self.spaces.remember(name)
        self._tune()

    # -- cables -------------------------------------------------------------------------------------------

    def cable(self, here: str, device: str, there: str, other: str) -> None:
        self._cables.append((here, device, there, other))

    def _plug(self) -> None:
        """All veths at once; offloads off, because a veth passes GSO packets whatever the MTU.

        The ends get indexes that differ: the kernel takes its time to tell a bridge that a port's carrier is
        on where the two are the same (``linkwatch_urgent_event``).
        """
        lines = [
            f"link add {device} index {100 + number} netns {here} type veth peer name {other} netns {there}"
            for number, (here, device, there, other) in enumerate(self._cables)
        ]
        self.spaces.run({UNDERLAY: "ip -batch - <<'END'\n" + "\n".join(lines) + "\nEND\n"})
        ends = defaultdict(list)
        for here, device, there, other in self._cables:
            ends[here].append(device)
            ends[there].append(other)
        for name, devices in ends.items():
            with self.spaces.inside(name):
                for device in devices:
                    plain(device)

    def _switches(self) -> None:
        for switch in (UNDERLAY, PUBLIC):
            self._batch[switch] += ["link add br0 type bridge mcast_snooping 0", "link set br0 up"]
        for host in self.plan.hosts:
            self._port(UNDERLAY, host, "eth1")
        self._port(PUBLIC, NODE, "eth2")
        self._port(PUBLIC, EDGE, "ext0")
        if NEAR in self.plan.clients:
            self._port(PUBLIC, NEAR, "eth0")

    def _port(self, switch: str, host: str, device: str) -> None:
        self.cable(switch, f"p-{host}", host, device)
        self._batch[switch] += [f"link set p-{host} master br0 up"]

    # -- outside ------------------------------------------------------------------------------------------

    def _outside(self) -> None:
        """The router out there, and whoever asks or is asked."""
        plan = self.plan
        self._batch[EDGE] += _up("ext0", f"{UPSTREAM}/24")
        if OUTSIDE in plan.clients:
            self.cable(EDGE, "lan0", OUTSIDE, "eth0")
            self._batch[EDGE] += _up("lan0", "198.51.100.1/24")
            self._batch[OUTSIDE] += [
                *_up("eth0", f"{CLIENTS[OUTSIDE]}/24"),
                "route add default via 198.51.100.1",
            ]
        if NEAR in plan.clients:
            self._batch[NEAR] += [*_up("eth0", f"{CLIENTS[NEAR]}/24"), f"route add default via {UPSTREAM}"]
        if OVERLAP in plan.clients:
            self.cable(EDGE, "lan1", OVERLAP, "eth0")
            self._batch[EDGE] += [*_up("lan1", ""), f"route add {plan.overlap}/32 dev lan1"]
            self._batch[OVERLAP] += [
                *_up("eth0", f"{plan.overlap}/32"),
                f"route add {UPSTREAM}/32 dev eth0",
                f"route add default via {UPSTREAM} dev eth0",
            ]

    # -- hosts --------------------------------------------------------------------------------------------

    def _host(self, host: str) -> None:
        plan, lines = self.plan, self._batch[host]
        lines += _up("eth1", f"{plan.underlay(host)}/24")
        nets = {nic.net for nic in plan.taps(host) if nic.net}
        for net in plan.nets:
            if net not in nets:
                continue
            more = {"fdb": "", "proxy": "proxy", "learn": "", "remote": ""}[plan.flood]
            if plan.flood == "remote":
                more = f"remote {next(plan.underlay(other) for other in plan.hosts if other != host)}"
            if plan.flood == "fdb" and net.vni % 2:
                more = "nolearning"
            lines += [
                f"link add {net.bridge} type bridge mcast_snooping 0",
                f"link add {net.vxlan} type vxlan id {net.vni} local {plan.underlay(host)} dev eth1"
                f" dstport {PORT} {more}",
                f"link set {net.vxlan} mtu 1450 master {net.bridge} up",
            ]
        self._external(host)
        for nic in plan.taps(host):
            bridge = nic.net.bridge if nic.net else plan.ext_bridge
            mtu = 1450 if nic.net else 1500
            lines += [f"link set {nic.tap} mtu {mtu} master {bridge} up"]
        lines += [f"link set {net.bridge} mtu 1450 up" for net in plan.nets if net in nets]
        self._after[host] = self._tunnels(host) + self._rules(host)

    def _external(self, host: str) -> None:
        if host == NODE:
            self._batch[host] += [
                f"link add {self.plan.ext_bridge} type bridge mcast_snooping 0",
                f"link set eth2 master {self.plan.ext_bridge} up",
                f"link set {self.plan.ext_bridge} up",
            ]

    def _tunnels(self, host: str) -> str:
        """The forwarding entries of l2population, or only where to flood."""
        plan = self.plan
        fdb, arp = [], []
        for net in plan.nets:
            if plan.flood == "remote" or not any(nic.net == net for nic in plan.taps(host)):
                continue
            for other in plan.hosts:
                there = [nic for nic in plan.taps(other) if nic.net == net]
                if other == host or not there:
                    continue
                remote = plan.underlay(other)
                fdb.append(f"fdb append 00:00:00:00:00:00 dev {net.vxlan} dst {remote} self permanent")
                if plan.flood == "learn":
                    continue
                for nic in there:
                    fdb.append(f"fdb add {nic.mac} dev {net.vxlan} dst {remote} self permanent")
                    if plan.flood == "proxy":
                        arp.append(f"neigh add {nic.ip} lladdr {nic.mac} dev {net.vxlan} nud permanent")
        if not fdb:
            return ""
        script = "bridge -batch - <<'END'\n" + "\n".join(fdb) + "\nEND\n"
        return script + ("ip -batch - <<'END'\n" + "\n".join(arp) + "\nEND\n" if arp else "")

    def _rules(self, host: str) -> str:
        plan, script = self.plan, ""
        if plan.firewall:
            if sets := neutron.sets(plan, host):
                script += f"ipset restore <<'END'\n{sets}END\n"
            script += f"iptables-restore <<'END'\n{neutron.bridge_rules(plan, host)}END\n"
        guarded = [vm.nic for vm in plan.vms if vm.nic.host == host and vm.secure]
        if plan.arp_protect and guarded:
            script += f"ebtables-restore <<'END'\n{neutron.spoof_rules(guarded)}END\n"
        return script

    # -- namespaces of ports ------------------------------------------------------------------------------

    def _guest(self, nic: Nic, space: str) -> None:
        assert nic.net is not None
        self.cable(nic.host, nic.tap, space, nic.device)
        self._batch[space] += [
            f"link set {nic.device} address {nic.mac} mtu 1450",
            *_up(nic.device, f"{nic.ip}/24"),
            f"route add default via {nic.net.gateway}",
            *(f"route add {to} via {via}" for to, via in nic.net.host_routes),
        ]

    def _routers(self) -> None:
        for router in self.plan.routers:
            space, gateway = at(NODE, router.space), router.gateway
            lines = self._batch[space]
            inside = {nic.net for nic in router.inner}
            fips = [
                (vm.fip, vm.nic.ip) for vm in self.plan.vms if vm.fip and vm.nic.net in inside and gateway
            ]
            for nic in (*router.inner, *([gateway] if gateway else [])):
                self.cable(NODE, nic.tap, space, nic.device)
                lines += [
                    f"link set {nic.device} address {nic.mac} mtu {1450 if nic.net else 1500}",
                    *_up(nic.device, f"{nic.ip}/24"),
                ]
            if gateway:
                lines += [f"address add {floating}/32 dev {gateway.device}" for floating, _ in fips]
                lines += [f"route add default via {UPSTREAM} dev {gateway.device}"]
            lines += [
                f"route add {to.replace('0.0.0.0/0', 'default')} via {via}" for to, via in router.routes
            ]
            self._after[space] = f"iptables-restore <<'END'\n{neutron.router_rules(router, fips)}END\n"

    def _tune(self) -> None:
        plan = self.plan
        for host in plan.hosts:
            self.spaces.settings(host, {"bridge/bridge-nf-call-iptables": int(plan.brnf)})
        for router in plan.routers:
            self.spaces.settings(
                at(NODE, router.space),
                {
                    "ipv4/ip_forward": 1,
                    "ipv4/conf/all/arp_ignore": 1,
                    "ipv4/conf/all/arp_announce": 2,
                    "ipv4/conf/all/rp_filter": plan.strict,
                },
            )
        self.spaces.settings(EDGE, {"ipv4/ip_forward": 1})
        if OVERLAP in plan.clients:
            self.spaces.settings(EDGE, {"ipv4/conf/lan1/proxy_arp": 1})
        for name in self.listeners():
            self.spaces.settings(name, {"ipv4/icmp_echo_ignore_all": 1})

    def listeners(self) -> list[str]:
        """The namespaces in which somebody answers what is sent: servers and clients."""
        return [*self.plan.clients, *(at(vm.nic.host, vm.space) for vm in self.plan.vms)]


def at(host: str, space: str) -> str:
    """The name of a namespace of a host among ours."""
    return f"{host}:{space}" if host and space else host or space


def dhcp_space(nic: Nic) -> str:
    assert nic.net is not None
    return f"qdhcp-{nic.net.id}"


def _up(device: str, address: str) -> list[str]:
    return [f"link set {device} up", *([f"address add {address} dev {device}"] if address else [])]


def plain(device: str) -> None:
    """Segmentation, receive and checksum offloads off (ETHTOOL_SGSO, SGRO, STSO, STXCSUM)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        for command in (0x24, 0x2C, 0x1F, 0x17):
            words = array.array("B", struct.pack("II", command, 0))
            address, _ = words.buffer_info()
            request = struct.pack("16sP16x", device.encode(), address)
            fcntl.ioctl(control, 0x8946, request)
