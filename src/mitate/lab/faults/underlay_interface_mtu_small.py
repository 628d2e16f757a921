"""The underlay interface of compute1 has an MTU of 1400.

Small packets pass. Full-size ones to the host's servers are dropped where they arrive, in silence. For those
from them the tunnel answers, in the name of its peer, that 1350 bytes are the most.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Traced

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Traced("vm2", "vm1", "TUN_UNDERLAY_MTU", at="compute1", size=1450)


def break_(lab: Lab) -> None:
    lab.sh("compute1", "ip link set eth1 mtu 1400")


def mend(lab: Lab) -> None:
    lab.sh("compute1", "ip link set eth1 mtu 1500")
