"""nova-scheduler is stopped.

Every new server stays in BUILD, and in the end is in ERROR: no host was ever chosen for it. Existing servers
are fine, and can be managed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Expected, Placed
from mitate.lab.faults._api import delete_servers, wait_dead, wait_healthy
from mitate.lab.faults._asked import Asked, request
from mitate.lab.faults._units import start, stop

if TYPE_CHECKING:
    from mitate.lab import Lab

ASKED = Asked("unheard")
EXPECTED = (
    Expected("service_process_stopped", "service", "nova-scheduler", "controller"),
    Placed((ASKED.name,), "request", first_cause="service_process_stopped"),
)


def break_(lab: Lab) -> None:
    stop(lab, "controller", "nova-scheduler")
    wait_dead(lab, "nova-scheduler@controller")
    request(lab, ASKED)


def mend(lab: Lab) -> None:
    start(lab, "controller", "nova-scheduler")
    delete_servers(lab, ASKED.name)
    wait_healthy(lab)
