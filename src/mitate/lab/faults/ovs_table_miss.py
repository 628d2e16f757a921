"""A table of br-int is empty on compute1.

A script that was to remove one flow named only its table, 60, where each packet is given to the rules of its
port. No packet finds a flow there, and none goes on. The agent watches another table, and is content.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Traced
from mitate.lab.faults import _ovs as ovs
from mitate.lab.faults._kept import Kept
from mitate.lab.faults._places import CLIENT
from mitate.lab.topology import FLOATING_IP

if TYPE_CHECKING:
    from mitate.lab import Lab

DRIVERS = ("ovs",)
EXPECTED = Traced(CLIENT, FLOATING_IP, "OVS_TABLE_MISS", at="compute1")
_TABLE = "table=60"  # neutron: TRANSIENT_TABLE


def break_(lab: Lab) -> None:
    _flows(lab).take_away()


def mend(lab: Lab) -> None:
    _flows(lab).put_back()


def _flows(lab: Lab) -> Kept:
    return ovs.of_the_agent(
        lab,
        "the flows of table 60",
        "compute1",
        is_there=lambda: bool(ovs.flows(lab, "compute1", "br-int", _TABLE)),
        remove=lambda: lab.sh("compute1", f"ovs-ofctl del-flows br-int {_TABLE}"),
    )
