"""The router's inner port has lost its VLAN tag in Open vSwitch.

Somebody has plugged the port anew by hand, without a tag. It is a trunk now: what the router sends to the
private network is in no network's VLAN, and no tunnel takes it. All that Neutron says is well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Traced
from mitate.lab.faults import _ovs as ovs
from mitate.lab.faults._api import wait_healthy
from mitate.lab.faults._places import CLIENT, ROUTER_HOST
from mitate.lab.topology import FLOATING_IP

if TYPE_CHECKING:
    from mitate.lab import Lab

DRIVERS = ("ovs",)
EXPECTED = Traced(CLIENT, FLOATING_IP, "OVS_TAG_LOST", at=ROUTER_HOST)


def break_(lab: Lab) -> None:
    inner = _inner(lab)
    ovs.of_the_agent(
        lab,
        "the tag of the router's port",
        ROUTER_HOST,
        is_there=lambda: ovs.tag(lab, ROUTER_HOST, inner) != "[]",
        remove=lambda: ovs.set_tag(lab, ROUTER_HOST, inner, None),
    ).take_away()


def mend(lab: Lab) -> None:
    ovs.own_tag(lab, ROUTER_HOST, _inner(lab))
    wait_healthy(lab)


def _inner(lab: Lab) -> str:
    return lab.sh(ROUTER_HOST, "ovs-vsctl list-ports br-int | grep -m 1 ^qr-").strip()
