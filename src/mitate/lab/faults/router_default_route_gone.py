"""The router has lost its default route.

Whoever sits on the router's outer network reaches the servers' floating IPs; nobody beyond it does. The
request arrives, and the router has no route for the reply.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Traced
from mitate.lab.faults._places import FAR_CLIENT, in_router
from mitate.lab.topology import FLOATING_IP, UPSTREAM_ROUTER

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Traced(f"external:{FAR_CLIENT}", FLOATING_IP, "RTR_NO_ROUTE", at="network")


def break_(lab: Lab) -> None:
    in_router(lab, "ip route del default")


def mend(lab: Lab) -> None:
    in_router(lab, f"ip route replace default via {UPSTREAM_ROUTER} dev $QG proto static")
