"""A rule of iptables-legacy drops what the rules of iptables-nft let through.

Somebody's script calls the old program. `iptables -S` shows nothing of it: both sets of rules are in force,
and each program shows its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Traced
from mitate.lab.faults._places import CLIENT, in_router, port
from mitate.lab.topology import FLOATING_IP

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Traced(CLIENT, FLOATING_IP, "FW_TWO_BACKENDS", at="network")


def break_(lab: Lab) -> None:
    in_router(lab, f"iptables-legacy -w -I FORWARD -d {port(lab, 'vm1').address}/32 -j DROP")


def mend(lab: Lab) -> None:
    in_router(lab, "iptables-legacy -w -F FORWARD")
