"""The router filters strictly by reverse path, and its route to a client leads elsewhere.

A route to the client goes through a VPN server among the servers. What comes from the client on the outer
interface is taken for spoofed, and dropped on arrival.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Traced
from mitate.lab.faults._places import FAR_CLIENT, in_router, port
from mitate.lab.topology import FLOATING_IP

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Traced(f"external:{FAR_CLIENT}", FLOATING_IP, "RTR_RPFILTER", at="network")


def break_(lab: Lab) -> None:
    through = port(lab, "vm2").address
    in_router(
        lab,
        f"ip route replace {FAR_CLIENT}/32 via {through} dev $QR && sysctl -qw net.ipv4.conf.$QG.rp_filter=1",
    )


def mend(lab: Lab) -> None:
    in_router(lab, f"sysctl -qw net.ipv4.conf.$QG.rp_filter=0; ip route del {FAR_CLIENT}/32 2>/dev/null || :")
