"""The bridge on compute1 does not forward on the port of vm1.

Its state is "disabled", as a spanning tree that was switched on for a while may leave it. The tap is up and
in its bridge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Traced
from mitate.lab.faults._places import CLIENT, port
from mitate.lab.topology import FLOATING_IP

if TYPE_CHECKING:
    from mitate.lab import Lab

DRIVERS = ("linuxbridge",)
EXPECTED = Traced(CLIENT, FLOATING_IP, "BR_PORT_NOT_FORWARDING", at="compute1")


def break_(lab: Lab) -> None:
    lab.sh("compute1", f"bridge link set dev {port(lab, 'vm1').tap} state 0")


def mend(lab: Lab) -> None:
    lab.sh("compute1", f"bridge link set dev {port(lab, 'vm1').tap} state 3")
