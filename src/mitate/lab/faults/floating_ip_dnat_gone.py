"""The router has lost the DNAT rule of vm1's floating IP.

The floating IP is active in the API and answers ARP, but nothing reaches the server through it. From inside
its own network the server answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Expected
from mitate.lab.faults._kept import Kept
from mitate.lab.topology import FLOATING_IP

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Expected("floating_ip_dnat_missing", "floating_ip", FLOATING_IP)
_ROUTER = 'print(conn.network.find_router("router1", ignore_missing=False).id)'


def break_(lab: Lab) -> None:
    _rule(lab).take_away()


def mend(lab: Lab) -> None:
    _rule(lab).put_back()


def _rule(lab: Lab) -> Kept:
    nat = f"ip netns exec qrouter-{lab.python(_ROUTER).strip()} iptables -w -t nat"
    rules = f"{nat} -S | grep -- '-d {FLOATING_IP}/32 .*-j DNAT'"
    delete = f"{rules} | sed 's/^-A/-D/' | while read -r rule; do {nat} $rule; done"
    return Kept(
        lab,
        "the DNAT rule",
        "network",
        "neutron-l3-agent",
        is_there=lambda: "neutron-l3-agent-PREROUTING" in lab.sh("network", rules, check=False),
        remove=lambda: lab.sh("network", delete),
    )
