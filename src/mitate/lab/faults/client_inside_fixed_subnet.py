"""A client inside the server's own subnet reaches for its floating IP.

From everywhere else the floating IP answers; from this one client nothing ever comes back. The request
reaches the server, which looks for the client on its own network and asks in vain who has that address.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Expected, Traced
from mitate.lab.faults._api import wait_healthy
from mitate.lab.faults._stray import STRAY, arrive, leave
from mitate.lab.topology import FLOATING_IP

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = (
    Expected("floating_ip_client_in_fixed_subnet", "floating_ip", FLOATING_IP),
    Traced(f"external:{STRAY}", FLOATING_IP, "EP_SRC_ONLINK_OVERLAP", cured=False),
)


def break_(lab: Lab) -> None:
    arrive(lab)


def mend(lab: Lab) -> None:
    leave(lab)
    wait_healthy(lab)
