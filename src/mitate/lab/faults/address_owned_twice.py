"""The DHCP namespace has vm1's address, too.

Somebody tried the address out there and left it behind. Two answer when the router asks for it, the wrong
one sooner: pings are answered, by the wrong node, and the server's TCP ports are refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Traced
from mitate.lab.faults._places import CLIENT, forget_neighbour, port
from mitate.lab.topology import FLOATING_IP

if TYPE_CHECKING:
    from mitate.lab import Lab

DRIVERS = ("linuxbridge",)
"""Under Open vSwitch the ARP responder answers in every owner's name, and always rightly."""
EXPECTED = Traced(CLIENT, FLOATING_IP, "EP_DUP_IP", at="network", proto="tcp", port=80)
_IN_DHCP = """
space=$(ip netns list | grep -o '^qdhcp-[0-9a-f-]*' | head -n 1)
device=$(ip -n $space -o link | grep -oE '(ns-|tap)[0-9a-f-]+' | head -n 1)
ip -n $space addr %s dev $device
"""


def break_(lab: Lab) -> None:
    address = port(lab, "vm1").address
    lab.sh("network", _IN_DHCP % f"replace {address}/24")
    forget_neighbour(lab, address)


def mend(lab: Lab) -> None:
    address = port(lab, "vm1").address
    lab.sh("network", _IN_DHCP % f"del {address}/24", check=False)
    forget_neighbour(lab, address)
