"""Nova's own configuration has a wrong password for Keystone.

Every request to Nova is answered with HTTP 503, although Nova and Keystone run: nova-api cannot check the
token of whoever asks. Other services are fine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Expected
from mitate.lab.faults._api import wait_healthy
from mitate.lab.faults._files import change, put_back
from mitate.lab.faults._units import restart

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Expected("service_credentials_rejected", "config", "nova.conf", "controller")
FILE = "/etc/nova/nova.conf"
_REFUSED = 'print(conn.session.get("/servers", endpoint_filter={"service_type": "compute"}, raise_exc=False))'


def break_(lab: Lab) -> None:
    change(
        lab, "controller", FILE, "/^\\[keystone_authtoken\\]/,/^\\[/s/^password *=.*/password = changed-it/"
    )
    restart(lab, "controller", "nova-api")
    lab.wait("Nova's API to fail", lambda: "[503]" in lab.python(_REFUSED), 60, lambda: lab.python(_REFUSED))


def mend(lab: Lab) -> None:
    put_back(lab, "controller", FILE)
    restart(lab, "controller", "nova-api")
    wait_healthy(lab)
