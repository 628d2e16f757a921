"""The router's "fragmentation needed" is filtered.

Small packets pass. A large one that must not be cut is dropped, and its sender is never told to send smaller
ones: downloads and uploads hang after their first kilobytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Traced
from mitate.lab.faults._places import CLIENT, in_router
from mitate.lab.topology import FLOATING_IP

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Traced(CLIENT, FLOATING_IP, "RTR_PMTUD_BLACKHOLE", at="network", size=1500)
RULE = "OUTPUT -p icmp --icmp-type fragmentation-needed -j DROP"


def break_(lab: Lab) -> None:
    in_router(lab, f"iptables -w -I {RULE}")


def mend(lab: Lab) -> None:
    in_router(lab, f"while iptables -w -D {RULE} 2>/dev/null; do :; done")
