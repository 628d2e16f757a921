"""An image is made for an architecture that no host has.

It is an old image for Itanium. Nova believes what the image's properties say and finds no host that could run
it, by hardware or by emulation: "no valid host was found. There are not enough hosts available".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Expected, Placed
from mitate.lab.faults._api import delete_servers, wait_healthy
from mitate.lab.faults._asked import Asked, request
from mitate.lab.faults._room import forget, make_image

if TYPE_CHECKING:
    from mitate.lab import Lab

ASKED = Asked("itanium1", image="itanium")
EXPECTED = (
    Expected("server_got_no_host", "server", ASKED.name),
    Placed((ASKED.name,), "filters", "ImagePropertiesFilter", change="hw_architecture", changed=ASKED),
)


def break_(lab: Lab) -> None:
    make_image(lab, ASKED.image, hw_architecture="ia64")
    request(lab, ASKED)


def mend(lab: Lab) -> None:
    delete_servers(lab, ASKED.name)
    forget(lab, images=(ASKED.image,))
    wait_healthy(lab)
