"""compute1 speaks VXLAN on another UDP port than everybody else.

4789 is the port that IANA gave, 8472 the one that Linux used before. Both ends send, and nobody listens where
it arrives.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Traced
from mitate.lab.faults import _tunnel as tunnel
from mitate.lab.faults._places import CLIENT
from mitate.lab.topology import FLOATING_IP

if TYPE_CHECKING:
    from mitate.lab import Lab

DRIVERS = ("linuxbridge",)
EXPECTED = Traced(CLIENT, FLOATING_IP, "TUN_UDP_PORT_MISMATCH")


def break_(lab: Lab) -> None:
    tunnel.rebuild(lab, "compute1", other_port=True)


def mend(lab: Lab) -> None:
    tunnel.restore(lab, "compute1")
