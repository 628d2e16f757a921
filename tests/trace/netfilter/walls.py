"""Firewalls of rules as iptables-save prints them, and a packet to cross them."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from mitate.analyze.trace.conntrack import Sessions, Tracked
from mitate.analyze.trace.netfilter import Crossed, Firewall, Way
from mitate.analyze.trace.packet import Packet, number
from mitate.model.net import IpSet
from tests.trace.netfilter.oracle import facts

CLIENT, SERVER = number("10.1.0.10"), number("10.2.0.10")
SYN = Packet(src=CLIENT, dst=SERVER, proto="tcp", sport=40000, dport=80)


def firewall(text: str, namespace: str = "", sets: Sequence[IpSet] = ()) -> Firewall:
    """Of tables as iptables-save prints them."""
    chains, rules = facts(text)
    there = [replace(one, namespace=namespace) for one in chains]
    rules = [replace(one, namespace=namespace) for one in rules]
    return Firewall("h", namespace, there, rules, sets)


def forward(
    wall: Firewall, packet: Packet = SYN, way: Way | None = None, track: Tracked | None = None
) -> Crossed:
    return wall.cross("FORWARD", packet, way or Way(iif="a", oif="b"), Sessions(), track)
