"""A flavour asks for more disk than any host has.

A slip of the pen, as if disk were in MiB like RAM. A server of it ends in ERROR: "no valid host was found".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Expected, Placed
from mitate.lab.faults._api import delete_servers, wait_healthy
from mitate.lab.faults._asked import Asked, request
from mitate.lab.faults._room import forget, lift_quota, make_flavor, restore_quota

if TYPE_CHECKING:
    from mitate.lab import Lab

ASKED = Asked("deep", flavor="m1.disk")
EXPECTED = (
    Expected("flavor_fits_no_host", "flavor", ASKED.flavor),
    Placed((ASKED.name,), "placement", "DISK_GB", change="flavour", changed=ASKED),
)


def break_(lab: Lab) -> None:
    lift_quota(lab)
    make_flavor(lab, ASKED.flavor, disk=20480 * 10)
    request(lab, ASKED)


def mend(lab: Lab) -> None:
    delete_servers(lab, ASKED.name)
    forget(lab, flavors=(ASKED.flavor,))
    restore_quota(lab)
    wait_healthy(lab)
