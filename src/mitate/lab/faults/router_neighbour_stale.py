"""The router holds on to a wrong MAC address for vm1.

A permanent neighbour entry from the time before the server got a new port. The router sends to an address
that nobody has; from inside its own network the server answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Traced
from mitate.lab.faults._places import CLIENT, in_router, port
from mitate.lab.topology import FLOATING_IP

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Traced(CLIENT, FLOATING_IP, "RTR_NEIGH_WRONG", at="network")


def break_(lab: Lab) -> None:
    address = port(lab, "vm1").address
    in_router(lab, f"ip neigh replace {address} lladdr fa:16:3e:00:00:01 nud permanent dev $QR")


def mend(lab: Lab) -> None:
    in_router(lab, f"ip neigh del {port(lab, 'vm1').address} dev $QR 2>/dev/null || :")
