"""nova-compute is down on the host that a server was asked for, and Placement goes on offering it.

The server was asked for with `--host compute2`, and is in ERROR: "no valid host was found. There are not
enough hosts available". Placement knows nothing of services that are down: the scheduler's filter does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Expected, Placed
from mitate.lab.faults._api import delete_servers, wait_dead, wait_healthy
from mitate.lab.faults._asked import Asked, request
from mitate.lab.faults._units import start, stop

if TYPE_CHECKING:
    from mitate.lab import Lab

HOST, UNIT = "compute2", "nova-compute"
ASKED = Asked("bound", host=HOST)
EXPECTED = (
    Expected("service_process_stopped", "service", UNIT, HOST),
    Placed(ASKED.options(), "filters", "ComputeFilter", at=HOST, change=HOST, changed=ASKED),
)


def break_(lab: Lab) -> None:
    stop(lab, HOST, UNIT)
    wait_dead(lab, f"{UNIT}@{HOST}")
    request(lab, ASKED)


def mend(lab: Lab) -> None:
    start(lab, HOST, UNIT)
    delete_servers(lab, ASKED.name)
    wait_healthy(lab)
