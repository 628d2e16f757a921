"""The servers of a group must share one host, and that host is full.

The group's first server was built, then others took what was left of its host. The group's second server
ends in ERROR: "no valid host was found. There are not enough hosts available", with empty hosts beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Expected, Placed
from mitate.lab.faults._api import delete_servers, wait_healthy
from mitate.lab.faults._asked import Asked, request
from mitate.lab.faults._providers import room
from mitate.lab.faults._room import forget, lift_quota, make_flavor, make_group, restore_quota

if TYPE_CHECKING:
    from mitate.lab import Lab

GROUP = "together"
HOST = "compute1"
PART, REST = "m1.part", "m1.rest"
PART_GB = 20
ZONE = f"nova:{HOST}"
FIRST = Asked("together1", flavor=PART, zone=ZONE, hints=(f"group={{{GROUP}}}",))
FILLER = Asked("filler", flavor=REST, zone=ZONE)
ASKED = Asked("together2", flavor=PART, hints=(f"group={{{GROUP}}}",))
EXPECTED = (
    Expected("server_got_no_host", "server", ASKED.name),
    Placed((ASKED.name,), "filters", "DISK_GB", at=HOST, change="group", changed=ASKED),
)


def break_(lab: Lab) -> None:
    """Disks are sparse files: only Placement's books are full."""
    lift_quota(lab)
    make_group(lab, GROUP, "affinity")
    make_flavor(lab, PART, disk=PART_GB)
    request(lab, FIRST, ["ACTIVE"])
    make_flavor(lab, REST, disk=room(lab, "DISK_GB")[HOST]["free"] - PART_GB // 2)
    request(lab, FILLER, ["ACTIVE"])
    request(lab, ASKED)


def mend(lab: Lab) -> None:
    delete_servers(lab, ASKED.name, FILLER.name, FIRST.name)
    forget(lab, flavors=(PART, REST), groups=(GROUP,))
    restore_quota(lab)
    wait_healthy(lab)
