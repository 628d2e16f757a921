"""nova-compute on compute2 is stopped.

Servers on compute2 go on running. The API says that the service is down: no new server comes to compute2,
and servers there cannot be rebooted, resized or deleted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Expected
from mitate.lab.faults._api import wait_dead, wait_healthy
from mitate.lab.faults._units import start, stop

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Expected("service_process_stopped", "service", "nova-compute", "compute2")


def break_(lab: Lab) -> None:
    stop(lab, "compute2", "nova-compute")
    wait_dead(lab, "nova-compute@compute2")


def mend(lab: Lab) -> None:
    start(lab, "compute2", "nova-compute")
    wait_healthy(lab)
