"""The network host knows of no tunnel to compute1.

Neutron's l2population was lost on the way: there is no entry for vm1's MAC address, and compute1 is not
among those that get broadcasts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Traced
from mitate.lab.faults import _tunnel as tunnel
from mitate.lab.faults._places import CLIENT, port
from mitate.lab.topology import FLOATING_IP

if TYPE_CHECKING:
    from mitate.lab import Lab

DRIVERS = ("linuxbridge",)
EXPECTED = Traced(CLIENT, FLOATING_IP, "TUN_REMOTE_MISSING", at="network")


def break_(lab: Lab) -> None:
    tunnel.forget(lab, "network", port(lab, "vm1"))


def mend(lab: Lab) -> None:
    tunnel.restore(lab, "network")
