"""The router does not track the floating IP's connections.

A rule of the raw table, meant to spare the connection table, exempts them: without tracking there is no
NAT, so the router answers pings to the floating IP itself, and refuses the server's TCP ports.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Traced
from mitate.lab.faults._places import CLIENT, in_router
from mitate.lab.topology import FLOATING_IP

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Traced(CLIENT, FLOATING_IP, "NAT_NOTRACK", at="network", proto="tcp", port=80)
RULE = f"PREROUTING -d {FLOATING_IP}/32 -j CT --notrack"


def break_(lab: Lab) -> None:
    in_router(lab, f"iptables -w -t raw -I {RULE}")


def mend(lab: Lab) -> None:
    in_router(lab, f"while iptables -w -t raw -D {RULE} 2>/dev/null; do :; done")
