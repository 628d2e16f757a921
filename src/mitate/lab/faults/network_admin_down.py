"""The network of the servers is administratively down.

Neutron takes its DHCP server away and leaves everything else: servers that run go on talking until their
leases end, and a new one gets no address.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Traced
from mitate.lab.faults._api import wait_healthy

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Traced("vm1", "dhcp", "NET_ADMIN_DOWN")
_SET = """
network = conn.network.find_network("private", ignore_missing=False)
conn.network.update_network(network, is_admin_state_up=%s)
"""


def break_(lab: Lab) -> None:
    lab.python(_SET % False)


def mend(lab: Lab) -> None:
    lab.python(_SET % True)
    wait_healthy(lab)
