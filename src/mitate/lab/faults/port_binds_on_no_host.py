"""A server is wanted on a network that no compute host is connected to.

The provider network reaches the network node only. The scheduler knows nothing of that: one host after the
other is tried, on each the port cannot be bound, and the server ends in ERROR with an echo: no valid host,
all exhausted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Expected, Placed
from mitate.lab.faults._api import delete_servers, wait_healthy
from mitate.lab.faults._asked import Asked, request

if TYPE_CHECKING:
    from mitate.lab import Lab

ASKED = Asked("outside", network="public")
EXPECTED = (
    Expected("server_got_no_host", "server", ASKED.name),
    Placed((ASKED.name,), "spawn", first_cause="port_binding_failed"),
)


def break_(lab: Lab) -> None:
    request(lab, ASKED)


def mend(lab: Lab) -> None:
    delete_servers(lab, ASKED.name)
    wait_healthy(lab)
