"""The data of an image is damaged in the image store.

Each host that is tried downloads it, finds that its checksum is wrong, and gives up. The server ends in
ERROR with an echo: no valid host, all exhausted. The image itself is listed as active.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Expected, Placed
from mitate.lab.faults._api import delete_servers, wait_healthy
from mitate.lab.faults._asked import Asked, request
from mitate.lab.faults._room import forget, make_image

if TYPE_CHECKING:
    from mitate.lab import Lab

ASKED = Asked("garbled", image="garbled")
FAKES = False
EXPECTED = (
    Expected("server_got_no_host", "server", ASKED.name),
    Placed((ASKED.name,), "spawn", first_cause="server_got_no_host"),
)
_DAMAGE = """
id=$1 file=/var/lib/glance/images/$1
printf damaged | dd of="$file" conv=notrunc status=none
"""


def break_(lab: Lab) -> None:
    make_image(lab, ASKED.image)
    image = lab.python(f"print(conn.image.find_image({ASKED.image!r}).id)").strip()
    lab.host("controller").sh(_DAMAGE, image)
    request(lab, ASKED)


def mend(lab: Lab) -> None:
    delete_servers(lab, ASKED.name)
    forget(lab, images=(ASKED.image,))
    wait_healthy(lab)
