"""The Linux bridge agent on compute1 is frozen.

systemd calls it active, its log is silent, and servers that run go on running. After a while the API says
that it is dead; a new server on compute1 ends in ERROR, because its port cannot be bound.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Expected
from mitate.lab.faults._api import wait_dead, wait_healthy
from mitate.lab.faults._units import freeze, thaw

if TYPE_CHECKING:
    from mitate.lab import Lab

DRIVERS = ("linuxbridge",)
EXPECTED = Expected("agent_process_frozen", "agent", "Linux bridge agent", "compute1")
UNIT = "neutron-linuxbridge-agent"


def break_(lab: Lab) -> None:
    freeze(lab, "compute1", UNIT)
    wait_dead(lab, f"{UNIT}@compute1")


def mend(lab: Lab) -> None:
    thaw(lab, "compute1", UNIT)
    wait_healthy(lab)
