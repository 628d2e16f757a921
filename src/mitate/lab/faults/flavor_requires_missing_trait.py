"""A flavour requires a trait that no host has.

The trait exists, and somebody meant to give it to the hosts with fast disks. A server of the flavour ends in
ERROR: "no valid host was found", although the hosts are nearly empty.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Expected, Placed
from mitate.lab.faults._api import delete_servers, wait_healthy
from mitate.lab.faults._asked import Asked, request
from mitate.lab.faults._providers import drop_trait, make_trait
from mitate.lab.faults._room import forget, make_flavor

if TYPE_CHECKING:
    from mitate.lab import Lab

ASKED = Asked("fast", flavor="m1.fast")
TRAIT = "CUSTOM_FAST_DISK"
EXPECTED = (
    Expected("server_got_no_host", "server", ASKED.name),
    Placed((ASKED.name,), "placement", TRAIT, change=TRAIT, changed=ASKED),
)


def break_(lab: Lab) -> None:
    make_trait(lab, TRAIT)
    make_flavor(lab, ASKED.flavor, properties={f"trait:{TRAIT}": "required"})
    request(lab, ASKED)


def mend(lab: Lab) -> None:
    delete_servers(lab, ASKED.name)
    forget(lab, flavors=(ASKED.flavor,))
    drop_trait(lab, TRAIT)
    wait_healthy(lab)
