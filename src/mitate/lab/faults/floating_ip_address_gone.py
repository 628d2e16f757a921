"""The router has lost the address of vm1's floating IP.

Its rules and the API know the floating IP; but nobody answers when the outer network asks who has it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Traced
from mitate.lab.faults._kept import Kept
from mitate.lab.faults._places import CLIENT, in_router
from mitate.lab.topology import FLOATING_IP

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Traced(CLIENT, FLOATING_IP, "FIP_ADDR_MISSING", at="network")


def break_(lab: Lab) -> None:
    _address(lab).take_away()
    lab.sh("client", f"ip neigh del {FLOATING_IP} dev eth0", check=False)  # who knew it goes on for a while


def mend(lab: Lab) -> None:
    in_router(lab, f"ip addr replace {FLOATING_IP}/32 dev $QG")


def _address(lab: Lab) -> Kept:
    return Kept(
        lab,
        "the floating IP's address",
        "network",
        "neutron-l3-agent",
        is_there=lambda: FLOATING_IP in in_router(lab, "ip -o addr show dev $QG"),
        remove=lambda: in_router(lab, f"ip addr del {FLOATING_IP}/32 dev $QG"),
    )
