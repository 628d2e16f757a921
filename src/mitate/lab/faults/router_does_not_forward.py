"""The router does not forward.

It answers pings itself and has all its addresses, routes and rules; what is to pass through it goes nowhere.
A tool that sets kernel parameters has switched forwarding off in the router's namespace.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Traced
from mitate.lab.faults._places import CLIENT, in_router
from mitate.lab.topology import FLOATING_IP

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Traced(CLIENT, FLOATING_IP, "RTR_FORWARD_OFF", at="network")


def break_(lab: Lab) -> None:
    in_router(lab, "sysctl -qw net.ipv4.ip_forward=0")


def mend(lab: Lab) -> None:
    in_router(lab, "sysctl -qw net.ipv4.ip_forward=1")
