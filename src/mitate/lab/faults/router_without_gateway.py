"""The router has no gateway.

Servers reach each other, and nothing outside: the router knows no network but theirs. No floating IP can be
given to them either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Traced
from mitate.lab.faults._api import wait_healthy
from mitate.lab.faults._places import CLIENT
from mitate.lab.topology import FLOATING_IP

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Traced("vm2", CLIENT, "RTR_NO_GATEWAY")
_TAKE = f"""
router = conn.network.find_router("router1", ignore_missing=False)
floating = conn.network.find_ip({FLOATING_IP!r}, ignore_missing=False)
conn.network.update_ip(floating, port_id=None)
conn.network.update_router(router, external_gateway_info={{}})
"""
_GIVE = f"""
router = conn.network.find_router("router1", ignore_missing=False)
public = conn.network.find_network("public", ignore_missing=False)
floating = conn.network.find_ip({FLOATING_IP!r}, ignore_missing=False)
server = conn.compute.find_server("vm1", ignore_missing=False)
if not router.external_gateway_info:
    conn.network.update_router(router, external_gateway_info={{"network_id": public.id}})
if not floating.port_id:
    conn.network.update_ip(floating, port_id=next(conn.network.ports(device_id=server.id)).id)
"""


def break_(lab: Lab) -> None:
    lab.python(_TAKE)


def mend(lab: Lab) -> None:
    lab.python(_GIVE)
    wait_healthy(lab)
