"""Tunnels between hosts: what they cost, and by which link they leave."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import ip_address

import msgspec

from mitate.model.cloud import NetworkAgent
from mitate.model.net import Address, Link

OVERHEAD = {"vxlan": 50, "gre": 42, "geneve": 50}
"""Bytes between the inner IP packet and the outer one, both included, over IPv4.

Inner Ethernet 14 and outer IP 20 with VXLAN 8 + UDP 8, GRE with key 8, Geneve 8 + UDP 8.
"""
OVN_OPTIONS = 8
"""OVN adds an option to Geneve."""
IPV6 = 20


class Leg(msgspec.Struct, frozen=True):
    """Where the tunnels of a host leave."""

    agent: NetworkAgent
    address: Address
    link: Link

    def overhead(self, network_type: str) -> int | None:
        """Bytes that a tunnel of that type costs here; None when it is no tunnel."""
        cost = OVERHEAD.get(network_type)
        if cost is None:
            return None
        ovn = OVN_OPTIONS if network_type == "geneve" and self.agent.type.startswith("OVN") else 0
        return cost + ovn + (IPV6 if ":" in self.address.ip else 0)


def legs(
    agents: Iterable[NetworkAgent], addresses: Iterable[Address], links: Iterable[Link]
) -> Mapping[str, Leg]:
    """The leg of each host whose agent names its tunnel endpoint and whose addresses were seen, by host."""
    at = {(each.source.host, same(each.ip)): each for each in addresses if not each.namespace}
    by_name = {(link.source.host, link.name): link for link in links if not link.namespace}
    found = {}
    for agent in agents:
        address = at.get((agent.host, same(agent.tunnel_ip))) if agent.tunnel_ip else None
        link = by_name.get((agent.host, address.link)) if address else None
        if address and link:
            found[agent.host] = Leg(agent, address, link)
    return found


def same(ip: str) -> str:
    """An address in its one spelling; what is none stays as it is."""
    try:
        return str(ip_address(ip))
    except ValueError:
        return ip
