"""The network host's flow for vm1 leads to a tunnel that no longer exists.

The tunnel's port was made anew with another number, and the flow was not. Broadcasts go by another flow and
arrive, so the server is known; what is sent to it goes to port 99, which no bridge has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Traced
from mitate.lab.faults import _ovs as ovs
from mitate.lab.faults._kept import Kept
from mitate.lab.faults._places import CLIENT, ROUTER_HOST, port
from mitate.lab.topology import FLOATING_IP

if TYPE_CHECKING:
    from mitate.lab import Lab

DRIVERS = ("ovs",)
EXPECTED = Traced(CLIENT, FLOATING_IP, "OVS_STALE_OUTPUT", at=ROUTER_HOST)
_GONE = 99
_LEAD_THERE = f"""
ovs-ofctl --no-stats dump-flows br-tun '%s' | grep actions= |
sed 's/output:[0-9]*/output:{_GONE}/' | ovs-ofctl --strict mod-flows br-tun -
"""


def break_(lab: Lab) -> None:
    _flow(lab).take_away()


def mend(lab: Lab) -> None:
    _flow(lab).put_back()


def _flow(lab: Lab) -> Kept:
    match = f"table=20,dl_dst={port(lab, 'vm1').mac}"
    return ovs.of_the_agent(
        lab,
        "the flow to vm1",
        ROUTER_HOST,
        is_there=lambda: f"output:{_GONE}" not in ovs.flows(lab, ROUTER_HOST, "br-tun", match),
        remove=lambda: lab.sh(ROUTER_HOST, _LEAD_THERE % match),
    )
