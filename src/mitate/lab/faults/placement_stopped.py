"""Placement is stopped.

Every new server ends in ERROR with "no valid host", although the hosts are empty. The logs of nova-compute
and nova-scheduler say that placement is unavailable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Expected
from mitate.lab.faults._api import wait_healthy
from mitate.lab.faults._units import start, stop

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Expected("service_process_stopped", "service", "placement-api", "controller")


def break_(lab: Lab) -> None:
    stop(lab, "controller", "placement-api")


def mend(lab: Lab) -> None:
    start(lab, "controller", "placement-api")
    wait_healthy(lab)
