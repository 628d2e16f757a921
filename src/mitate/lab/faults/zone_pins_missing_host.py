"""A server is pinned to a host that does not exist.

It was asked for with `--availability-zone nova:nohost`, and is in ERROR: "no valid host was found. No such
host". All other servers get their host.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Expected
from mitate.lab.faults._api import create_server, delete_servers, wait_healthy

if TYPE_CHECKING:
    from mitate.lab import Lab

SERVER = "pinned"
EXPECTED = Expected("server_pinned_to_missing_host", "server", SERVER)


def break_(lab: Lab) -> None:
    create_server(lab, SERVER, availability_zone="nova:nohost", until=["ERROR"])


def mend(lab: Lab) -> None:
    delete_servers(lab, SERVER)
    wait_healthy(lab)
