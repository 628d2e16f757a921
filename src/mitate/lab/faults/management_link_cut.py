"""The management link of compute2 is down.

The host does not answer ssh, and all that runs on it counts as dead. Its servers go on running, and reach
each other: their traffic takes another network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Expected
from mitate.lab.faults._api import wait_dead, wait_healthy
from mitate.lab.faults._units import l2_agent

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Expected("host_unreachable", "host", "compute2", "compute2")


def break_(lab: Lab) -> None:
    lab.sh("compute2", "ip link set eth0 down")
    wait_dead(lab, "nova-compute@compute2", f"{l2_agent(lab)}@compute2")


def mend(lab: Lab) -> None:
    lab.sh("compute2", "ip link set eth0 up")
    wait_healthy(lab)
