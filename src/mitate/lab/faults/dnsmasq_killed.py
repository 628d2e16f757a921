"""The dnsmasq of network private is gone.

Servers keep their addresses until the lease ends. A new server on the network boots without one; the DHCP
agent is alive and knows nothing of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Expected
from mitate.lab.faults._kept import Kept, process

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Expected("dnsmasq_missing", "network", "private")
_NETWORK = 'print(conn.network.find_network("private", ignore_missing=False).id)'


def break_(lab: Lab) -> None:
    kept = _dnsmasq(lab)
    kept.wait_no_newcomer()
    kept.take_away()


def mend(lab: Lab) -> None:
    _dnsmasq(lab).put_back()


def _dnsmasq(lab: Lab) -> Kept:
    pid_file = f"/var/lib/neutron/dhcp/{lab.python(_NETWORK).strip()}/pid"
    return process(lab, "dnsmasq", "network private", "network", "neutron-dhcp-agent", pid_file)
