"""The hosts offer a tenth of their processors.

Somebody set an allocation ratio of 0.1 where 10 was meant. What runs goes on running; a new server of two
vCPUs ends in ERROR: "no valid host was found".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Expected, Placed
from mitate.lab.faults._api import delete_servers, wait_healthy
from mitate.lab.faults._asked import Asked, request
from mitate.lab.faults._providers import set_ratio
from mitate.lab.faults._room import forget, make_flavor

if TYPE_CHECKING:
    from mitate.lab import Lab

ASKED = Asked("pair", flavor="m1.pair")
EXPECTED = (
    Expected("inventory_ratio_impossible", "provider", "compute"),
    Placed((ASKED.name,), "placement", "VCPU", change="ratio", changed=ASKED),
)


def break_(lab: Lab) -> None:
    make_flavor(lab, ASKED.flavor, vcpus=2)
    set_ratio(lab, "VCPU", 0.1)
    request(lab, ASKED)


def mend(lab: Lab) -> None:
    set_ratio(lab, "VCPU", 16.0)
    delete_servers(lab, ASKED.name)
    forget(lab, flavors=(ASKED.flavor,))
    wait_healthy(lab)
