"""The patch between br-int and br-ex is missing on the network host.

Its end in br-int was deleted. br-ex has its end yet, which leads nowhere: nothing from outside reaches a
router, and nothing of a router gets out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Traced
from mitate.lab.faults import _ovs as ovs
from mitate.lab.faults._kept import Kept
from mitate.lab.faults._places import CLIENT, ROUTER_HOST
from mitate.lab.topology import FLOATING_IP

if TYPE_CHECKING:
    from mitate.lab import Lab

DRIVERS = ("ovs",)
EXPECTED = Traced(CLIENT, FLOATING_IP, "OVS_PATCH_BROKEN", at=ROUTER_HOST)


def break_(lab: Lab) -> None:
    _patch(lab).take_away()


def mend(lab: Lab) -> None:
    _patch(lab).put_back()


def _patch(lab: Lab) -> Kept:
    return ovs.of_the_agent(
        lab,
        "the patch port int-br-ex",
        ROUTER_HOST,
        is_there=lambda: "int-br-ex" in lab.sh(ROUTER_HOST, "ovs-vsctl list-ports br-int").split(),
        remove=lambda: lab.sh(ROUTER_HOST, "ovs-vsctl --if-exists del-port br-int int-br-ex"),
    )
