"""Where things are: the port of a server, the router, the cables between the hosts.

Names of devices and namespaces follow from the ids that Neutron gave (neutron-lib, `constants`: prefixes
tap, brq, qrouter-; the first eleven characters of the id).
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from mitate.lab.faults._api import ask
from mitate.lab.shell import run

if TYPE_CHECKING:
    from mitate.lab import Lab

ROUTER_HOST = "network"
CLIENT = "external:203.0.113.100"
"""The host `client`, on the router's outer network."""
FAR_CLIENT = "198.51.100.7"
"""A client beyond the upstream router, which answers for it."""

_PORTS = """
import json
servers = {s.id: s for s in conn.compute.servers(all_projects=True)}
print(json.dumps({
    servers[port.device_id].name: [
        *(port.id, port.network_id, port.mac_address), port.fixed_ips[0]["ip_address"], port.binding_host_id
    ]
    for port in conn.network.ports() if port.device_id in servers and port.fixed_ips
}))
"""


@dataclass(frozen=True)
class Port:
    """The port of a server, and where it is plugged in."""

    id: str
    network: str
    mac: str
    address: str
    host: str

    @property
    def tap(self) -> str:
        return f"tap{self.id[:11]}"

    @property
    def bridge(self) -> str:
        """Its bridge where the driver is the Linux bridge."""
        return f"brq{self.network[:11]}"


def port(lab: Lab, server: str) -> Port:
    """The first port of a server."""
    found = _ports(lab)
    if server not in found:  # it is younger than the last look
        _ports.cache_clear()
    return _ports(lab)[server]


@cache
def _ports(lab: Lab) -> dict[str, Port]:
    return {name: Port(*fields) for name, fields in ask(lab, _PORTS).items()}


def addresses(lab: Lab) -> dict[str, str]:
    """The fixed address of each server, by name."""
    return {name: found.address for name, found in _ports(lab).items()}


# -- the router -------------------------------------------------------------------------------------------


def router(lab: Lab) -> str:
    """The namespace of the only router."""
    return lab.sh(ROUTER_HOST, "ip netns list | grep -o '^qrouter-[0-9a-f-]*' | head -n 1").strip()


def in_router(lab: Lab, script: str, *, check: bool = True) -> str:
    """Run a script in the router's namespace. $QG and $QR are its outer and its inner interface."""
    named = (
        f"{kind}=$(ip -o link | grep -o '{kind.lower()}-[0-9a-f-]*' | head -n 1)" for kind in ("QG", "QR")
    )
    words = shlex.join(["ip", "netns", "exec", router(lab), "sh", "-c", "\n".join([*named, script])])
    return lab.sh(ROUTER_HOST, words, check=check)


def forget_neighbour(lab: Lab, address: str) -> None:
    """The router asks anew who has an address."""
    in_router(lab, f"ip neigh del {address} dev $QR 2>/dev/null || :")


def in_fabric(lab: Lab, script: str, *, check: bool = True) -> str:
    """Run a script where the switches between the hosts are, and the upstream router."""
    argv = ["ip", "netns", "exec", lab.fabric.namespace("fabric"), "sh", "-c", script]
    return run(argv, check=check, what=f"between the hosts: {script[:60]}")
