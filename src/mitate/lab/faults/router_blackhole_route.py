"""The router has a blackhole route to one client.

Everybody else reaches the floating IP. The client's request arrives at the server; the reply is dropped in
the router without a word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Traced
from mitate.lab.faults._places import CLIENT, in_router
from mitate.lab.topology import FLOATING_IP

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Traced(CLIENT, FLOATING_IP, "RTR_BLACKHOLE", at="network")
ROUTE = f"blackhole {CLIENT.removeprefix('external:')}/32"


def break_(lab: Lab) -> None:
    in_router(lab, f"ip route replace {ROUTE}")


def mend(lab: Lab) -> None:
    in_router(lab, f"ip route del {ROUTE} 2>/dev/null || :")
