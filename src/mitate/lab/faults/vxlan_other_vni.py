"""compute1 uses another VXLAN network identifier than everybody else.

Both ends send, and each drops what it gets from the other: there is no such network.
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
EXPECTED = Traced(CLIENT, FLOATING_IP, "TUN_VNI_MISMATCH")


def break_(lab: Lab) -> None:
    tunnel.rebuild(lab, "compute1", other_vni=True)


def mend(lab: Lab) -> None:
    tunnel.restore(lab, "compute1")
