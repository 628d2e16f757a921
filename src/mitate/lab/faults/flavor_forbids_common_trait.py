"""A flavour forbids a trait that every host has.

It was meant to keep servers away from some hosts, and keeps them away from all. A server of it ends in
ERROR: "no valid host was found".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Expected, Placed
from mitate.lab.faults._api import delete_servers, wait_healthy
from mitate.lab.faults._asked import Asked, request
from mitate.lab.faults._room import forget, make_flavor

if TYPE_CHECKING:
    from mitate.lab import Lab

ASKED = Asked("shy", flavor="m1.shy")
TRAIT = "COMPUTE_NODE"
EXPECTED = (
    Expected("server_got_no_host", "server", ASKED.name),
    Placed((ASKED.name,), "placement", TRAIT, change=TRAIT, changed=ASKED),
)


def break_(lab: Lab) -> None:
    make_flavor(lab, ASKED.flavor, properties={f"trait:{TRAIT}": "forbidden"})
    request(lab, ASKED)


def mend(lab: Lab) -> None:
    delete_servers(lab, ASKED.name)
    forget(lab, flavors=(ASKED.flavor,))
    wait_healthy(lab)
