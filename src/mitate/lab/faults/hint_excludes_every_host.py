"""A server is to run on another host than each of two servers, which leaves no host.

It was asked for with `different_host` for a server on each host, and is in ERROR: "no valid host was found.
There are not enough hosts available". What hints a server was asked for with, Nova does not tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Expected, Placed
from mitate.lab.faults._api import delete_servers, wait_healthy
from mitate.lab.faults._asked import Asked, request

if TYPE_CHECKING:
    from mitate.lab import Lab

ASKED = Asked("elsewhere", hints=("different_host={vm1}", "different_host={vm2}"))
FAKES = False
EXPECTED = (
    Expected("server_got_no_host", "server", ASKED.name),
    Placed(
        ASKED.options(),
        "filters",
        "DifferentHostFilter",
        at="compute1",
        change="different_host",
        changed=ASKED,
    ),
)


def break_(lab: Lab) -> None:
    request(lab, ASKED)


def mend(lab: Lab) -> None:
    delete_servers(lab, ASKED.name)
    wait_healthy(lab)
