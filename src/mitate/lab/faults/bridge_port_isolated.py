"""Two ports of a bridge on compute1 are isolated from each other.

The tap of vm1 and the tunnel are both marked "isolated": neither passes anything to the other. Each of them
is up, in the bridge and forwarding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Traced
from mitate.lab.faults._places import CLIENT, port
from mitate.lab.topology import FLOATING_IP

if TYPE_CHECKING:
    from mitate.lab import Lab

DRIVERS = ("linuxbridge",)
EXPECTED = Traced(CLIENT, FLOATING_IP, "BR_PORT_ISOLATED", at="compute1")


def break_(lab: Lab) -> None:
    _isolate(lab, "on")


def mend(lab: Lab) -> None:
    _isolate(lab, "off")


def _isolate(lab: Lab, how: str) -> None:
    found = port(lab, "vm1")
    tunnel = f"$(ls /sys/class/net/{found.bridge}/brif | grep vxlan)"
    lab.sh("compute1", f"for d in {found.tap} {tunnel}; do bridge link set dev $d isolated {how}; done")
