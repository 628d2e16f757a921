"""The dnsmasq of network private is gone.

Servers keep their addresses until the lease ends. A new server on the network boots without one; the DHCP
agent is alive and knows nothing of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Expected
from mitate.lab.faults._api import wait_healthy
from mitate.lab.faults._units import restart

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Expected("dnsmasq_missing", "network", "private")
_NETWORK = 'print(conn.network.find_network("private", ignore_missing=False).id)'


def break_(lab: Lab) -> None:
    lab.sh("network", f'kill -9 "$(cat {_pid_file(lab)})"')


def mend(lab: Lab) -> None:
    pid_file = _pid_file(lab)

    def runs() -> bool:
        return "dnsmasq" in lab.sh("network", f'ps -o comm= -p "$(cat {pid_file})"', check=False)

    if not runs():
        restart(lab, "network", "neutron-dhcp-agent")
    lab.wait(
        "dnsmasq of network private", runs, 60, lambda: lab.sh("network", "pgrep -a dnsmasq", check=False)
    )
    wait_healthy(lab)


def _pid_file(lab: Lab) -> str:
    return f"/var/lib/neutron/dhcp/{lab.python(_NETWORK).strip()}/pid"
