"""What the network of a host looks like.

``namespace`` is "" for the host's own, else its name under /run/netns.
"""

from __future__ import annotations

from mitate.model.source import Fact


class Namespace(Fact, frozen=True, kw_only=True):
    name: str


class Link(Fact, frozen=True, kw_only=True):
    """An interface (``ip -d -j link``)."""

    namespace: str
    name: str
    index: int
    kind: str
    """veth, bridge, vxlan, tun, … ; "" for plain devices"""
    mtu: int
    up: bool
    state: str
    """operstate"""
    mac: str = ""
    master: str = ""
    vxlan_id: int | None = None
    vxlan_local: str = ""
    vxlan_port: int | None = None
    vxlan_link: str = ""


class Address(Fact, frozen=True, kw_only=True):
    namespace: str
    link: str
    ip: str
    prefix: int


class Route(Fact, frozen=True, kw_only=True):
    namespace: str
    table: str
    destination: str
    """CIDR, or "default"."""
    via: str = ""
    link: str = ""
    type: str = "unicast"


class Neighbour(Fact, frozen=True, kw_only=True):
    namespace: str
    link: str
    ip: str
    mac: str = ""
    state: str
    """REACHABLE, STALE, DELAY, PROBE, FAILED, INCOMPLETE, PERMANENT, NOARP"""


class FdbEntry(Fact, frozen=True, kw_only=True):
    namespace: str
    link: str
    mac: str
    master: str = ""
    remote: str = ""
    """VXLAN: the tunnel endpoint that has this MAC."""


class IptablesChain(Fact, frozen=True, kw_only=True):
    namespace: str
    table: str
    chain: str
    policy: str
    """ACCEPT, DROP, or "-" for a user chain."""


class IptablesRule(Fact, frozen=True, kw_only=True):
    """A rule as iptables-save prints it, from ``-A`` on; counters when they were shown."""

    namespace: str
    table: str
    chain: str
    rule: str
    packets: int | None = None
    bytes: int | None = None


class ConntrackEntry(Fact, frozen=True, kw_only=True):
    """A tracked connection: the original direction, and the reply as it is expected (so NAT shows)."""

    namespace: str
    protocol: str
    src: str
    dst: str
    sport: int | None = None
    dport: int | None = None
    reply_src: str
    reply_dst: str
    state: str = ""
    """TCP state, "" for others."""
    unreplied: bool
    assured: bool = False


class DhcpHost(Fact, frozen=True, kw_only=True):
    """A line of the host file that the DHCP agent writes for a network's dnsmasq."""

    network_id: str
    mac: str
    ip: str
    name: str = ""


class Traffic(Fact, frozen=True, kw_only=True):
    """What passed an interface between two looks within one question."""

    namespace: str
    link: str
    seconds: float
    rx_packets: int
    rx_bytes: int
    tx_packets: int
    tx_bytes: int


class IpCounters(Fact, frozen=True, kw_only=True):
    """Growth of the kernel's IP counters (/proc/net/snmp) between two looks within one question."""

    namespace: str
    seconds: float
    frag_fails: int
