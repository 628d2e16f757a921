"""A client inside the server's subnet, and only the server knows a way back to it.

The subnet has a host route to the client, so the server hands its reply to the router. But the router is
itself connected to that subnet, and looks for the client there, in vain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Traced
from mitate.lab.faults._api import wait_healthy
from mitate.lab.faults._guest import inside
from mitate.lab.faults._stray import STRAY, arrive, leave
from mitate.lab.topology import FLOATING_IP

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Traced(f"external:{STRAY}", FLOATING_IP, "RTR_REPLY_CONNECTED", at="network", cured=False)
_SET = """
subnet = conn.network.find_subnet("private-subnet", ignore_missing=False)
routes = [{"destination": "%s/32", "nexthop": subnet.gateway_ip}] if %s else []
if subnet.host_routes != routes:
    conn.network.update_subnet(subnet, host_routes=routes)
"""


def break_(lab: Lab) -> None:
    lab.python(_SET % (STRAY, True))
    inside(lab, "vm1", f"ip route replace {STRAY}/32 via 10.10.0.1")  # as its next lease will tell it
    arrive(lab, replied=True)


def mend(lab: Lab) -> None:
    leave(lab)
    lab.python(_SET % (STRAY, False))
    inside(lab, "vm1", f"ip route del {STRAY}/32", check=False)
    wait_healthy(lab)
