"""The ARP spoofing protection of vm1's port does not list its address.

What the server sends passes; but its answers to "who has this address" are dropped at its tap, so whoever
does not know its MAC address already cannot reach it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Traced
from mitate.lab.faults._places import CLIENT, forget_neighbour, port
from mitate.lab.topology import FLOATING_IP

if TYPE_CHECKING:
    from mitate.lab import Lab

DRIVERS = ("linuxbridge",)
EXPECTED = Traced(CLIENT, FLOATING_IP, "PS_ARP_SPOOF", at="compute1")


def break_(lab: Lab) -> None:
    found = port(lab, "vm1")
    lab.sh("compute1", f"ebtables -t nat -D {_rule(lab)}")
    forget_neighbour(lab, found.address)


def mend(lab: Lab) -> None:
    rule = _rule(lab).replace(" ", " 1 ", 1)
    chain = rule.split()[0]
    there = f"ebtables -t nat -L {chain} | grep -q -- '{port(lab, 'vm1').address}'"
    lab.sh("compute1", f"{there} || ebtables -t nat -I {rule}")


def _rule(lab: Lab) -> str:
    found = port(lab, "vm1")
    return f"neutronARP-{found.tap} -p ARP --arp-ip-src {found.address} -j ACCEPT"
