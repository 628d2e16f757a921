"""Every host of an availability zone is disabled.

The zone has one host, which was disabled for maintenance and never enabled again. Who asks for the zone is
told that it is not available; everywhere else there is room.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Expected, Placed
from mitate.lab.faults._api import wait_healthy
from mitate.lab.faults._asked import Asked
from mitate.lab.faults._room import enable, forget, make_aggregate

if TYPE_CHECKING:
    from mitate.lab import Lab

ASKED = Asked("eastern", zone="east")
HOST = "compute2"
EXPECTED = (
    Expected("zone_all_hosts_disabled", "zone", ASKED.zone),
    Placed(ASKED.options(), "request", "request", change=HOST, changed=ASKED),
)


def break_(lab: Lab) -> None:
    make_aggregate(lab, ASKED.zone, HOST, availability_zone=ASKED.zone)
    enable(lab, HOST, False)


def mend(lab: Lab) -> None:
    enable(lab, HOST, True)
    forget(lab, aggregates=(ASKED.zone,))
    wait_healthy(lab)
