"""The port of vm1 is in the dead VLAN of Open vSwitch.

The server and its port are ACTIVE. `ovs-vsctl show` tells tag 4095, which the agent gives to a port that it
cannot wire, or does not know: what the server sends ends in br-int.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Traced
from mitate.lab.faults import _ovs as ovs
from mitate.lab.faults._api import wait_healthy
from mitate.lab.faults._places import CLIENT, port
from mitate.lab.topology import FLOATING_IP

if TYPE_CHECKING:
    from mitate.lab import Lab

DRIVERS = ("ovs",)
EXPECTED = Traced(CLIENT, FLOATING_IP, "OVS_DEAD_VLAN", at="compute1")
_DEAD = 4095  # neutron.agent.common.ovs_lib: DEAD_VLAN_TAG


def break_(lab: Lab) -> None:
    tap = port(lab, "vm1").tap
    ovs.of_the_agent(
        lab,
        "the tag of vm1's port",
        "compute1",
        is_there=lambda: ovs.tag(lab, "compute1", tap) != str(_DEAD),
        remove=lambda: ovs.set_tag(lab, "compute1", tap, _DEAD),
    ).take_away()


def mend(lab: Lab) -> None:
    ovs.own_tag(lab, "compute1", port(lab, "vm1").tap)
    wait_healthy(lab)
