"""The metadata proxy of router1 is gone.

Servers that run notice nothing. A new one boots slowly and comes up without its name, its ssh keys and its
user data: nothing answers at 169.254.169.254.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Expected
from mitate.lab.faults._kept import Kept, process

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Expected("metadata_proxy_missing", "router", "router1")
_ROUTER = 'print(conn.network.find_router("router1", ignore_missing=False).id)'


def break_(lab: Lab) -> None:
    kept = _proxy(lab)
    kept.wait_no_newcomer()
    kept.take_away()


def mend(lab: Lab) -> None:
    _proxy(lab).put_back()


def _proxy(lab: Lab) -> Kept:
    pid_file = f"/var/lib/neutron/external/pids/{lab.python(_ROUTER).strip()}.pid.haproxy"
    return process(lab, "haproxy", "router1", "network", "neutron-l3-agent", pid_file)
