"""Placement holds all the hosts' memory for servers that are long gone.

The hosts are nearly empty, by their own account and by Nova's. A new server ends in ERROR: "no valid host
was found". Only Placement's books show who holds the memory: consumers that no server list knows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Expected, Placed
from mitate.lab.faults._api import delete_servers, wait_healthy
from mitate.lab.faults._asked import Asked, request
from mitate.lab.faults._providers import drop_phantoms, fill_with_phantoms

if TYPE_CHECKING:
    from mitate.lab import Lab

ASKED = Asked("crowded")
EXPECTED = (
    Expected("orphaned_allocations", "provider", "compute"),
    Placed((ASKED.name,), "placement", "MEMORY_MB", change="allocation", changed=ASKED),
)


def break_(lab: Lab) -> None:
    fill_with_phantoms(lab, "MEMORY_MB")
    request(lab, ASKED)


def mend(lab: Lab) -> None:
    delete_servers(lab, ASKED.name)
    drop_phantoms(lab)
    wait_healthy(lab)
