"""A group of servers that must not share a host has more members than there are hosts.

The first members are built. The next one ends in ERROR: "no valid host was found. There are not enough hosts
available", although every host has room for many more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Expected, Placed
from mitate.lab.faults._api import delete_servers, wait_healthy
from mitate.lab.faults._asked import Asked, request
from mitate.lab.faults._room import forget, make_group

if TYPE_CHECKING:
    from mitate.lab import Lab

GROUP = "apart"
FIRST = tuple(Asked(name, hints=(f"group={{{GROUP}}}",)) for name in ("apart1", "apart2"))
ASKED = Asked("apart3", hints=(f"group={{{GROUP}}}",))
FAKES = False
EXPECTED = (
    Expected("server_got_no_host", "server", ASKED.name),
    Placed(
        (ASKED.name,),
        "filters",
        "ServerGroupAntiAffinityFilter",
        at="compute1",
        change="group",
        changed=ASKED,
    ),
)


def break_(lab: Lab) -> None:
    make_group(lab, GROUP, "anti-affinity")
    for each in FIRST:
        request(lab, each, ["ACTIVE"])
    request(lab, ASKED)


def mend(lab: Lab) -> None:
    delete_servers(lab, ASKED.name, *(each.name for each in FIRST))
    forget(lab, groups=(GROUP, f"{GROUP}-soft"))
    wait_healthy(lab)
