"""An option was changed on one compute, and its service restarted: Glance is asked where nobody listens.

nova-compute on compute1 runs and reports, and so do its servers. A new one there is in ERROR as soon as its
image is not in the cache of the host.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Drifted, Expected
from mitate.lab.faults._api import delete_servers, wait_healthy
from mitate.lab.faults._asked import Asked, request
from mitate.lab.faults._files import change, put_back
from mitate.lab.faults._room import forget, make_image
from mitate.lab.faults._units import restart

if TYPE_CHECKING:
    from mitate.lab import Lab

HOST = "compute1"
FILE = "/etc/nova/nova.conf"
LINE = "api_servers = http://controller:9293"
ASKED = Asked("imageless", image="imageless", host=HOST)
# The logs alone blame Glance, which refuses the connection: that is as much as they can know.
EXPECTED = (
    Expected("option_differs_among_equals", "config", "[glance] of /etc/nova/nova.conf", HOST),
    Drifted("option_differs_among_equals", "[glance] api_servers", HOST, FILE, LINE),
)


def break_(lab: Lab) -> None:
    make_image(lab, ASKED.image)
    change(lab, HOST, FILE, f"s,^api_servers *=.*,{LINE},")
    restart(lab, HOST, "nova-compute")
    wait_healthy(lab)
    request(lab, ASKED)


def mend(lab: Lab) -> None:
    put_back(lab, HOST, FILE)
    delete_servers(lab, ASKED.name)
    forget(lab, images=(ASKED.image,))
    restart(lab, HOST, "nova-compute")
    wait_healthy(lab)
