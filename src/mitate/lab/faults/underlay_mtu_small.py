"""The switch between the hosts carries 1400 bytes only, at the port of compute1.

Small packets pass and full-size ones vanish between the hosts, in silence. Every MTU that a host can show is
right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.fabric import port
from mitate.lab.faults import LIVE, Traced
from mitate.lab.faults._places import in_fabric
from mitate.lab.topology import plan

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Traced("vm2", "vm1", "TUN_UNDERLAY_MTU", size=1450, options=LIVE)
_PORT = port("compute1", next(nic for nic in plan("compute1").nics if nic.switch == "und"))


def break_(lab: Lab) -> None:
    in_fabric(lab, f"ip link set {_PORT} mtu 1400")


def mend(lab: Lab) -> None:
    in_fabric(lab, f"ip link set {_PORT} mtu 1500")
