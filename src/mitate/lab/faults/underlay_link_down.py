"""The underlay link of compute1 is down.

The host reports as ever, for its management link is well; but no tunnel reaches it, so its servers have lost
everything but each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Traced
from mitate.lab.faults._places import CLIENT
from mitate.lab.topology import FLOATING_IP

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Traced(CLIENT, FLOATING_IP, "TUN_LINK_DOWN", at="compute1")


def break_(lab: Lab) -> None:
    lab.sh("compute1", "ip link set eth1 down")


def mend(lab: Lab) -> None:
    lab.sh("compute1", "ip link set eth1 up")
