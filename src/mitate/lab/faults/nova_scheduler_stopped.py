"""nova-scheduler is stopped.

Every new server stays in BUILD, and in the end is in ERROR: no host was ever chosen for it. Existing servers
are fine, and can be managed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Expected
from mitate.lab.faults._api import wait_dead, wait_healthy
from mitate.lab.faults._units import start, stop

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Expected("service_process_stopped", "service", "nova-scheduler", "controller")


def break_(lab: Lab) -> None:
    stop(lab, "controller", "nova-scheduler")
    wait_dead(lab, "nova-scheduler@controller")


def mend(lab: Lab) -> None:
    start(lab, "controller", "nova-scheduler")
    wait_healthy(lab)
