"""The bridge on the network host has vm1's MAC address pinned to the wrong port.

A sticky entry of the forwarding database says that the server sits behind the DHCP server's tap. What the
router sends to vm1 ends there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Traced
from mitate.lab.faults._places import CLIENT, port
from mitate.lab.topology import FLOATING_IP

if TYPE_CHECKING:
    from mitate.lab import Lab

DRIVERS = ("linuxbridge",)
EXPECTED = Traced(CLIENT, FLOATING_IP, "BR_FDB_WRONG_PORT", at="network")
# the tap of the DHCP server's port bears the same id as the interface in its namespace
_TAP = """tap$(
    space=$(ip netns list | grep -o '^qdhcp-[0-9a-f-]*' | head -n 1)
    ip -n $space -o link | grep -o 'ns-[0-9a-f-]*' | cut -c4- | head -n 1
)"""


def break_(lab: Lab) -> None:
    lab.sh("network", f"bridge fdb replace {port(lab, 'vm1').mac} dev {_TAP} master static sticky")


def mend(lab: Lab) -> None:
    lab.sh("network", f"bridge fdb del {port(lab, 'vm1').mac} dev {_TAP} master 2>/dev/null || :")
