"""The router has lost the DNAT rule of vm1's floating IP.

The floating IP is active in the API and answers ARP, but nothing reaches the server through it. From inside
its own network the server answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Expected
from mitate.lab.faults._api import wait_healthy
from mitate.lab.faults._units import restart
from mitate.lab.topology import FLOATING_IP

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Expected("floating_ip_dnat_missing", "floating_ip", FLOATING_IP)
_ROUTER = 'print(conn.network.find_router("router1", ignore_missing=False).id)'


def break_(lab: Lab) -> None:
    nat = _nat(lab)
    rules = f"{nat} -S | grep -- '-d {FLOATING_IP}/32 .*-j DNAT' | sed 's/^-A/-D/'"
    lab.sh("network", f"set -e; {rules} | while read -r rule; do {nat} $rule; done")


def mend(lab: Lab) -> None:
    nat = _nat(lab)

    def there() -> bool:
        rules = lab.sh("network", f"{nat} -S neutron-l3-agent-PREROUTING", check=False)
        return f"-d {FLOATING_IP}/32 -j DNAT" in rules

    if not there():
        restart(lab, "network", "neutron-l3-agent")
    lab.wait("the DNAT rule", there, 60, lambda: lab.sh("network", f"{nat} -S", check=False))
    wait_healthy(lab)


def _nat(lab: Lab) -> str:
    return f"ip netns exec qrouter-{lab.python(_ROUTER).strip()} iptables -w -t nat"
