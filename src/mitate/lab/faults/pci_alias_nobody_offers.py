"""A flavour asks for a graphics card that no host passes through.

The card's alias is known to Nova, so the flavour is accepted. A server of it ends in ERROR: "no valid host
was found. There are not enough hosts available".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Expected, Placed
from mitate.lab.faults._api import delete_servers, wait_healthy
from mitate.lab.faults._asked import Asked, request
from mitate.lab.faults._room import forget, make_flavor

if TYPE_CHECKING:
    from mitate.lab import Lab

ASKED = Asked("rendering", flavor="m1.gpu")
EXPECTED = (
    Expected("server_got_no_host", "server", ASKED.name),
    Placed((ASKED.name,), "filters", "PciPassthroughFilter", at="compute1", change="gpu", changed=ASKED),
)


def break_(lab: Lab) -> None:
    make_flavor(lab, ASKED.flavor, properties={"pci_passthrough:alias": "gpu:1"})
    request(lab, ASKED)


def mend(lab: Lab) -> None:
    delete_servers(lab, ASKED.name)
    forget(lab, flavors=(ASKED.flavor,))
    wait_healthy(lab)
