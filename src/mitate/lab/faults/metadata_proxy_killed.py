"""The metadata proxy of router1 is gone.

Servers that run notice nothing. A new one boots slowly and comes up without its name, its ssh keys and its
user data: nothing answers at 169.254.169.254.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Expected
from mitate.lab.faults._api import wait_healthy
from mitate.lab.faults._units import restart

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Expected("metadata_proxy_missing", "router", "router1")
_ROUTER = 'print(conn.network.find_router("router1", ignore_missing=False).id)'


def break_(lab: Lab) -> None:
    lab.sh("network", f'kill -9 "$(cat {_pid_file(lab)})"')


def mend(lab: Lab) -> None:
    pid_file = _pid_file(lab)

    def runs() -> bool:
        return "haproxy" in lab.sh("network", f'ps -o comm= -p "$(cat {pid_file})"', check=False)

    if not runs():
        restart(lab, "network", "neutron-l3-agent")
    lab.wait("haproxy of router1", runs, 60, lambda: lab.sh("network", "pgrep -a haproxy", check=False))
    wait_healthy(lab)


def _pid_file(lab: Lab) -> str:
    return f"/var/lib/neutron/external/pids/{lab.python(_ROUTER).strip()}.pid.haproxy"
