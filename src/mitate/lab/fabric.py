"""The cables of the practice cloud: three switches in a namespace, and a namespace for each host."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mitate.lab.shell import run
from mitate.lab.topology import MOST_FAKES, SWITCHES, UPSTREAM_ROUTER, HostPlan, Nic, hosts

NETNS = Path("/run/netns")
_QUIET = "net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1"
_UNFILTERED = " ".join(
    f"net.bridge.bridge-nf-call-{tables}=0" for tables in ("iptables", "ip6tables", "arptables")
)


def port(host: str, nic: Nic) -> str:
    """The switch's end of a host's cable, e.g. `sw-cmp1-und`: interface names have 15 characters at most."""
    short = host.replace("compute", "cmp").replace("fake", "fk")[:4]
    return f"sw-{short}-{nic.switch}"


class Fabric:
    """Network namespaces of one lab and the cables between them; `prefix` begins each namespace's name."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix

    def namespace(self, name: str) -> str:
        """The network namespace of a host, or of the `fabric` itself, as `ip netns` knows it."""
        return f"{self.prefix}-{name}"

    def existing(self) -> list[str]:
        """The namespaces that are there now, whole lab or remains of one, however many hosts it had."""
        names = ("fabric", *(host.name for host in hosts(MOST_FAKES)))
        expected = {self.namespace(name) for name in names}
        return sorted(expected & {path.name for path in NETNS.iterdir()}) if NETNS.is_dir() else []

    def lay(self, plans: Sequence[HostPlan]) -> None:
        """Make the namespaces of these hosts, switches and cables; nothing of them may be there yet."""
        fabric = self.namespace("fabric")
        run(["ip", "netns", "add", fabric])
        switches = ["link set lo up"]
        for switch in SWITCHES:
            switches += [f"link add br-{switch} type bridge", f"link set br-{switch} up"]
        switches.append(f"addr add {UPSTREAM_ROUTER}/24 dev br-ext")
        for host in plans:
            run(["ip", "netns", "add", self.namespace(host.name)])
            self._inside(self.namespace(host.name), f"sysctl -qw {_QUIET}")
        # The bridge-nf settings exist once a module is loaded; without it nothing filters anyway.
        self._inside(fabric, f"sysctl -qw {_QUIET}; sysctl -qew {_UNFILTERED} 2>/dev/null || :")
        for host in plans:
            for nic in host.nics:
                name = port(host.name, nic)
                peer = f"{nic.device} netns {self.namespace(host.name)}"
                switches.append(f"link add {name} type veth peer name {peer}")
                switches.append(f"link set {name} master br-{nic.switch} up")
        self._batch(fabric, switches)
        for host in plans:
            lines = ["link set lo up"]
            for nic in host.nics:
                lines.append(f"link set {nic.device} up")
                if nic.cidr:
                    lines.append(f"addr add {nic.cidr} dev {nic.device}")
            if host.role == "client":
                lines.append(f"route add default via {UPSTREAM_ROUTER}")
            self._batch(self.namespace(host.name), lines)
            self._plain_packets(self.namespace(host.name), [nic.device for nic in host.nics])
        self._plain_packets(fabric, [port(host.name, nic) for host in plans for nic in host.nics])

    def _plain_packets(self, namespace: str, devices: list[str]) -> None:
        """Offloads off, so that a cable carries what a real one does.

        A veth passes super-packets whatever its MTU, and would hide MTU faults from TCP. It also passes TCP
        segments whose checksum was left to a card that is not there: userspace Open vSwitch hands them on so,
        and the connection tracking behind it takes them for invalid.
        """
        switch = "ethtool -K $d tx off tso off gso off gro off"
        script = f"for d in {' '.join(devices)}; do {switch} || exit 1; done >/dev/null"
        self._inside(namespace, script)

    def _inside(self, namespace: str, script: str) -> None:
        run(["nsenter", f"--net={NETNS / namespace}", "sh", "-c", script])

    def _batch(self, namespace: str, lines: list[str]) -> None:
        run(
            ["ip", "-n", namespace, "-batch", "-"], stdin="\n".join(lines) + "\n", what=f"cabling {namespace}"
        )

    def tear(self) -> None:
        """Remove what there is of it: cables first, which else would outlive the namespaces a while."""
        there = self.existing()
        if self.namespace("fabric") in there:
            out = run(
                ["ip", "-n", self.namespace("fabric"), "-o", "link", "show", "type", "veth"], check=False
            )
            names = [line.split(": ")[1].partition("@")[0] for line in out.splitlines()]
            self._batch(self.namespace("fabric"), [f"link del {name}" for name in names])
        for name in there:
            run(["ip", "netns", "del", name])
        if there and not any(NETNS.iterdir()):
            # iproute2 mounts the directory on itself with the first namespace, and leaves that to the last
            run(["umount", str(NETNS)], check=False)
