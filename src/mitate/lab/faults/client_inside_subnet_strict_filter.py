"""A client inside the server's subnet, and the router filters strictly by reverse path.

Its address belongs to the inner side and arrives on the outer one: to the router it is spoofed, and dropped
before anything else happens to it. Not even the connection table remembers it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Traced
from mitate.lab.faults._places import in_router
from mitate.lab.faults._stray import STRAY, arrive, leave
from mitate.lab.topology import FLOATING_IP

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Traced(f"external:{STRAY}", FLOATING_IP, "RTR_RPFILTER", at="network", cured=False)


def break_(lab: Lab) -> None:
    in_router(lab, "sysctl -qw net.ipv4.conf.$QG.rp_filter=1")
    arrive(lab)


def mend(lab: Lab) -> None:
    in_router(lab, "sysctl -qw net.ipv4.conf.$QG.rp_filter=0")
    leave(lab)
