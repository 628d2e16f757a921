"""The network host sends what is for vm1 to a wrong tunnel address.

An entry from before compute1 was renumbered. Broadcasts arrive, so the server's MAC address is known; what
is sent to it goes to an address that nobody has.
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
EXPECTED = Traced(CLIENT, FLOATING_IP, "TUN_REMOTE_WRONG", at="network")


def break_(lab: Lab) -> None:
    tunnel.point_elsewhere(lab, "network", port(lab, "vm1"))


def mend(lab: Lab) -> None:
    tunnel.restore(lab, "network")
