"""The tap of vm1 is not in its bridge.

The server is ACTIVE, its port is ACTIVE, its console is well, and nothing reaches it: its cable ends
nowhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Expected, Traced
from mitate.lab.faults._api import wait_healthy
from mitate.lab.faults._kept import Kept
from mitate.lab.faults._places import CLIENT, port
from mitate.lab.topology import FLOATING_IP

if TYPE_CHECKING:
    from mitate.lab import Lab

DRIVERS = ("linuxbridge",)
EXPECTED = (
    Expected("tap_not_in_bridge", "port", "vm1", "compute1"),
    Traced(CLIENT, FLOATING_IP, "TAP_NOT_IN_BRIDGE", at="compute1"),
)


def break_(lab: Lab) -> None:
    tap, bridge = port(lab, "vm1").tap, port(lab, "vm1").bridge
    Kept(
        lab,
        "the tap",
        "compute1",
        "neutron-linuxbridge-agent",
        is_there=lambda: f"master {bridge}" in lab.sh("compute1", f"ip link show {tap}"),
        remove=lambda: lab.sh("compute1", f"ip link set {tap} nomaster"),
    ).take_away()


def mend(lab: Lab) -> None:
    tap, bridge = port(lab, "vm1").tap, port(lab, "vm1").bridge
    lab.sh("compute1", f"ip link set {tap} master {bridge}")
    wait_healthy(lab)
