"""All memory of the hosts is reserved for the hosts themselves.

A value of nova.conf that was meant for bigger machines. What runs goes on running; a new server ends in
ERROR: "no valid host was found", and the hosts stand empty.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Expected, Placed
from mitate.lab.faults._api import delete_servers, wait_healthy
from mitate.lab.faults._asked import Asked, request
from mitate.lab.faults._files import change, put_back
from mitate.lab.faults._providers import room, wait_room
from mitate.lab.faults._room import computes
from mitate.lab.faults._units import restart

if TYPE_CHECKING:
    from mitate.lab import Lab

ASKED = Asked("homeless")
FILE, UNIT = "/etc/nova/nova.conf", "nova-compute"
SMALLEST_MB = 128
EXPECTED = (
    Expected("inventory_ratio_impossible", "provider", "compute"),
    Placed((ASKED.name,), "placement", "MEMORY_MB", change="reserves", changed=ASKED),
)


def break_(lab: Lab) -> None:
    has = room(lab, "MEMORY_MB")
    for host in computes(lab):
        all_of_it = f"reserved_host_memory_mb = {has[host]['total']}"
        change(lab, host, FILE, f"s/^reserved_host_memory_mb.*/{all_of_it}/")
        restart(lab, host, UNIT)
    wait_room(lab, "MEMORY_MB", lambda free: free < SMALLEST_MB)
    wait_healthy(lab)  # but for that: the computes were restarted
    request(lab, ASKED)


def mend(lab: Lab) -> None:
    delete_servers(lab, ASKED.name)
    for host in computes(lab):
        put_back(lab, host, FILE)
        restart(lab, host, UNIT)
    wait_room(lab, "MEMORY_MB", lambda free: free >= SMALLEST_MB)
    wait_healthy(lab)
