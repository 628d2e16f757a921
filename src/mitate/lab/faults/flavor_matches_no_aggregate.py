"""A flavour asks for hosts of an aggregate with fast storage, and the aggregate says that it is slow.

Placement has room. One of the scheduler's filters reads the flavour's properties and the aggregates'
metadata, and leaves no host: "no valid host was found. There are not enough hosts available".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Expected, Placed
from mitate.lab.faults._api import delete_servers, wait_healthy
from mitate.lab.faults._asked import Asked, request
from mitate.lab.faults._room import forget, make_aggregate, make_flavor

if TYPE_CHECKING:
    from mitate.lab import Lab

ASKED = Asked("stored", flavor="m1.stored")
AGGREGATE = "storage"
EXPECTED = (
    Expected("server_got_no_host", "server", ASKED.name),
    Placed(
        (ASKED.name,),
        "filters",
        "AggregateInstanceExtraSpecsFilter",
        at="compute1",
        change="storage",
        changed=ASKED,
    ),
)


def break_(lab: Lab) -> None:
    make_aggregate(lab, AGGREGATE, "compute1", "compute2", storage="slow")
    make_flavor(lab, ASKED.flavor, properties={"aggregate_instance_extra_specs:storage": "fast"})
    request(lab, ASKED)


def mend(lab: Lab) -> None:
    delete_servers(lab, ASKED.name)
    forget(lab, flavors=(ASKED.flavor,), aggregates=(AGGREGATE,))
    wait_healthy(lab)
