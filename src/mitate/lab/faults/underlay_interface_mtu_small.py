"""The underlay interface of compute1 has an MTU of 1400.

Small packets pass. For a full-size one the tunnel answers vm1 in the name of its peer that 1350 bytes are
the most: a server that heeds this gets along, one that does not, or whose firewall hides it, hangs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Traced
from mitate.lab.faults._guest import inside

if TYPE_CHECKING:
    from mitate.lab import Lab

DRIVERS = ("linuxbridge",)  # only the tunnel device of the kernel answers
EXPECTED = Traced("vm1", "vm2", "TUN_OUTER_TOO_BIG_PTB", at="compute1", size=1450)


def break_(lab: Lab) -> None:
    lab.sh("compute1", "ip link set eth1 mtu 1400")


def mend(lab: Lab) -> None:
    lab.sh("compute1", "ip link set eth1 mtu 1500")
    inside(lab, "vm1", "echo 1 >/proc/sys/net/ipv4/route/flush")  # what it was told lasts ten minutes
