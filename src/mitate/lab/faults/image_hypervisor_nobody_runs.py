"""An image is made for a hypervisor that no host runs.

It came from a cloud with Xen, and its properties still say so. A server of it ends in ERROR: "no valid host
was found. There are not enough hosts available".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Expected, Placed
from mitate.lab.faults._api import delete_servers, wait_healthy
from mitate.lab.faults._asked import Asked, request
from mitate.lab.faults._room import forget, make_image

if TYPE_CHECKING:
    from mitate.lab import Lab

ASKED = Asked("moved", image="from-xen")
EXPECTED = (
    Expected("server_got_no_host", "server", ASKED.name),
    Placed((ASKED.name,), "filters", "ImagePropertiesFilter", change="img_hv_type", changed=ASKED),
)


def break_(lab: Lab) -> None:
    make_image(lab, ASKED.image, img_hv_type="xen")
    request(lab, ASKED)


def mend(lab: Lab) -> None:
    delete_servers(lab, ASKED.name)
    forget(lab, images=(ASKED.image,))
    wait_healthy(lab)
