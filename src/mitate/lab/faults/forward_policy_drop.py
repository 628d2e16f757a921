"""A firewall script on compute1 has set the policy of FORWARD to DROP.

It has also emptied the chain, and bridged packets go through it (bridge-nf-call-iptables is on). Servers on
the other hosts are well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Traced
from mitate.lab.faults._kept import Kept
from mitate.lab.faults._places import CLIENT
from mitate.lab.topology import FLOATING_IP

if TYPE_CHECKING:
    from mitate.lab import Lab

DRIVERS = ("linuxbridge",)  # Open vSwitch does not take bridged packets through iptables
IS_THERE = "iptables -w -S FORWARD | grep -q neutron"
EXPECTED = Traced(CLIENT, FLOATING_IP, "HOST_FORWARD_DROP", at="compute1")


def break_(lab: Lab) -> None:
    lab.sh("compute1", "iptables -w -P FORWARD DROP")
    _jumps(lab).take_away()


def mend(lab: Lab) -> None:
    jumps = "for c in neutron-filter-top neutron-linuxbri-FORWARD; do iptables -w -A FORWARD -j $c; done"
    lab.sh("compute1", f"iptables -w -P FORWARD ACCEPT; {IS_THERE} || {{ {jumps}; }}")


def _jumps(lab: Lab) -> Kept:
    return Kept(
        lab,
        "the agent's rules in FORWARD",
        "compute1",
        "neutron-linuxbridge-agent",
        is_there=lambda: "yes" in lab.sh("compute1", f"{IS_THERE} && echo yes", check=False),
        remove=lambda: lab.sh("compute1", "iptables -w -F FORWARD"),
    )
