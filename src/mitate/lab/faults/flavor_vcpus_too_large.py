"""A flavour asks for more vCPUs than any host has.

Overcommitment makes it look possible: the hosts offer many times their processors, but never more than all
of them to one server. A server of the flavour ends in ERROR: "no valid host was found".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Expected, Placed
from mitate.lab.faults._api import delete_servers, wait_healthy
from mitate.lab.faults._asked import Asked, request
from mitate.lab.faults._room import forget, lift_quota, make_flavor, restore_quota

if TYPE_CHECKING:
    from mitate.lab import Lab

ASKED = Asked("busy", flavor="m1.cpus")
EXPECTED = (
    Expected("flavor_fits_no_host", "flavor", ASKED.flavor),
    Placed((ASKED.name,), "placement", "VCPU", change="flavour", changed=ASKED),
)


def break_(lab: Lab) -> None:
    lift_quota(lab)
    make_flavor(lab, ASKED.flavor, vcpus=200)
    request(lab, ASKED)


def mend(lab: Lab) -> None:
    delete_servers(lab, ASKED.name)
    forget(lab, flavors=(ASKED.flavor,))
    restore_quota(lab)
    wait_healthy(lab)
