"""The network card of vm1 is down, in the guest.

Somebody has switched it off in there. On the host its tap is up, and what is handed to it is never answered,
not even "who has this address".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import LIVE, Traced
from mitate.lab.faults._guest import inside
from mitate.lab.faults._places import CLIENT, forget_neighbour, port
from mitate.lab.topology import FLOATING_IP

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Traced(CLIENT, FLOATING_IP, "EP_NIC_DOWN", at="compute1", options=LIVE)


def break_(lab: Lab) -> None:
    inside(lab, "vm1", "ip link set eth0 down")
    forget_neighbour(lab, port(lab, "vm1").address)


def mend(lab: Lab) -> None:
    routes = "ip route replace default via 10.10.0.1; ip route replace 169.254.169.254 via 10.10.0.1"
    inside(lab, "vm1", f"ip link set eth0 up; {routes}")
    forget_neighbour(lab, port(lab, "vm1").address)
