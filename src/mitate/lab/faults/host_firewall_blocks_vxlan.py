"""The firewall of compute1 blocks the tunnels.

A rule drops what arrives at the port of VXLAN. What servers there send still leaves; nothing from other hosts
reaches them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Traced
from mitate.lab.faults._places import CLIENT
from mitate.lab.faults._tunnel import udp_port
from mitate.lab.topology import FLOATING_IP

if TYPE_CHECKING:
    from mitate.lab import Lab

DRIVERS = ("linuxbridge",)  # Open vSwitch in user space takes the packets before the firewall
EXPECTED = Traced(CLIENT, FLOATING_IP, "TUN_HOST_FIREWALL", at="compute1")


def break_(lab: Lab) -> None:
    lab.sh("compute1", f"iptables -w -I {_rule(lab)}")


def mend(lab: Lab) -> None:
    lab.sh("compute1", f"while iptables -w -D {_rule(lab)} 2>/dev/null; do :; done")


def _rule(lab: Lab) -> str:
    return f"INPUT -p udp --dport {udp_port(lab, 'compute1')} -j DROP"
