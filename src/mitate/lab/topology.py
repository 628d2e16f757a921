"""The hosts of the practice cloud and the networks between them. Constants, nothing else.

operator .5   controller .11   network .12   compute1 .21   compute2 .22
    |             |                |             |              |
====+=============+====== mgmt 10.0.0.0/24 ======+==============+====    eth0
                                   |             |              |
           underlay 10.0.1.0/24 ===+=============+==============+====    eth1 (VXLAN)
                                   |
  ext 203.0.113.0/24 =====+========+====                                 eth2 (no address)
                          |        \\-- upstream router .1 (the switch itself)
                    client .100

fake1 .101, fake2 .102 … (eth0 on mgmt, nothing else) where computes without a hypervisor are asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Nic:
    """One network card of a host, and the switch it is plugged into."""

    device: str
    switch: str
    cidr: str | None = None


@dataclass(frozen=True)
class HostPlan:
    """A host before it exists: name, role (which units and files it gets) and cards."""

    name: str
    role: str
    nics: tuple[Nic, ...]

    def address(self, switch: str) -> str | None:
        """The host's IPv4 address on a switch, without its prefix length."""
        for nic in self.nics:
            if nic.switch == switch and nic.cidr:
                return nic.cidr.partition("/")[0]
        return None


def _cloud_host(name: str, role: str, last: int, underlay: bool) -> HostPlan:
    nics = [Nic("eth0", "mgmt", f"10.0.0.{last}/24")]
    if underlay:
        nics.append(Nic("eth1", "und", f"10.0.1.{last}/24"))
    if role == "network":
        nics.append(Nic("eth2", "ext"))
    return HostPlan(name, role, tuple(nics))


HOSTS: Final[tuple[HostPlan, ...]] = (
    _cloud_host("controller", "controller", 11, underlay=False),
    _cloud_host("network", "network", 12, underlay=True),
    _cloud_host("compute1", "compute", 21, underlay=True),
    _cloud_host("compute2", "compute", 22, underlay=True),
    _cloud_host("operator", "operator", 5, underlay=False),
    HostPlan("client", "client", (Nic("eth0", "ext", "203.0.113.100/24"),)),
)

MOST_FAKES: Final = 90
"""How many fake computes a lab can have at most: .101 to .190."""

SWITCHES: Final = ("mgmt", "und", "ext")
UPSTREAM_ROUTER: Final = "203.0.113.1"
"""The gateway of the provider network: an address of the external switch itself."""

CONTROLLER: Final = "10.0.0.11"
AUTH_URL: Final = f"http://{CONTROLLER}:5000/v3"
FLOATING_IP: Final = "203.0.113.151"
"""The floating IP of server vm1."""

SERVERS: Final = {"vm1": "compute1", "vm2": "compute2"}
"""The servers of the healthy cloud, and the hosts they run on."""

CLOUD_HOSTS: Final = tuple(host.name for host in HOSTS if host.role in ("controller", "network", "compute"))
"""The hosts that run OpenStack: those that a diagnosis looks at."""


def hosts(fakes: int = 0) -> tuple[HostPlan, ...]:
    """All hosts of a lab with that many fake computes: hosts that run nova-compute and no hypervisor.

    ValueError for a number that no lab can have.
    """
    if not 0 <= fakes <= MOST_FAKES:
        raise ValueError(f"a lab has 0 to {MOST_FAKES} fake computes, not {fakes}")
    added = (
        _cloud_host(f"fake{number}", "fake", 100 + number, underlay=False) for number in range(1, fakes + 1)
    )
    return (*HOSTS, *added)


def plan(name: str) -> HostPlan:
    """The plan of one host; KeyError for a name that the lab does not have."""
    for host in HOSTS:
        if host.name == name:
            return host
    raise KeyError(name)
