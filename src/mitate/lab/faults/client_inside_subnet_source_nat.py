"""A client inside the server's subnet, and the router hides it from the server.

A rule gives its requests the router's own address, so the server replies to the router. There the client's
address comes back, and the router looks for it on the subnet that it is connected to, in vain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Traced
from mitate.lab.faults._places import in_router
from mitate.lab.faults._stray import STRAY, arrive, leave
from mitate.lab.topology import FLOATING_IP

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Traced(f"external:{STRAY}", FLOATING_IP, "RTR_REPLY_CONNECTED", at="network", cured=False)
_RULE = f"POSTROUTING -s {STRAY}/32 -o $QR -j SNAT --to-source 10.10.0.1"


def break_(lab: Lab) -> None:
    in_router(lab, f"iptables -w -t nat -I {_RULE}")
    arrive(lab, replied=True)


def mend(lab: Lab) -> None:
    in_router(lab, f"while iptables -w -t nat -D {_RULE} 2>/dev/null; do :; done")
    leave(lab)
