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
    lower: str = ""
    """The device below a VLAN or a tunnel; of a veth its peer, where that is in the same namespace."""
    peer_index: int | None = None
    """veth: the index of its peer in the peer's namespace."""
    peer_namespace: str | None = None
    """veth: the namespace of its peer ("" the host's own); None when the kernel tells no name for it."""
    carrier: bool | None = None
    xdp: bool = False
    vlan_id: int | None = None
    vxlan_id: int | None = None
    vxlan_local: str = ""
    vxlan_port: int | None = None
    vxlan_link: str = ""
    vxlan_group: str = ""
    """Where unknown frames go (``group`` or ``remote``); "" when only the forwarding table says."""
    vxlan_learning: bool | None = None
    vxlan_proxy: bool | None = None
    """It answers ARP itself, from its neighbour table."""
    vxlan_df: str = ""
    """unset, set or inherit"""
    tunnel_local: str = ""
    """gre, gretap: with tunnel_remote and tunnel_key."""
    tunnel_remote: str = ""
    tunnel_key: int | None = None
    port_state: str = ""
    """Of a port of a bridge: forwarding, disabled, blocking, learning, listening."""
    isolated: bool | None = None
    hairpin: bool | None = None
    learning: bool | None = None
    flood: bool | None = None
    vlan_filtering: bool | None = None
    """Of a bridge."""


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
    metric: int = 0
    source_ip: str = ""
    """The address that packets of this namespace take as their own (``src``)."""
    mtu: int | None = None
    on_link: bool = False
    scope: str = ""


class Neighbour(Fact, frozen=True, kw_only=True):
    namespace: str
    link: str
    ip: str
    mac: str = ""
    state: str
    """REACHABLE, STALE, DELAY, PROBE, FAILED, INCOMPLETE, PERMANENT, NOARP"""
    proxy: bool = False


class FdbEntry(Fact, frozen=True, kw_only=True):
    namespace: str
    link: str
    mac: str
    master: str = ""
    remote: str = ""
    """VXLAN: the tunnel endpoint that has this MAC."""
    state: str = ""
    """permanent, static, or "" for one that was learnt"""
    sticky: bool = False
    """It stays where it is, wherever the MAC is seen."""
    vlan: int | None = None
    port: int | None = None
    vni: int | None = None


class IptablesChain(Fact, frozen=True, kw_only=True):
    namespace: str
    table: str
    chain: str
    policy: str
    """ACCEPT, DROP, or "-" for a user chain."""
    family: str = "ip"
    """ip, or bridge (ebtables)"""
    legacy: bool = False
    """Of the legacy backend, beside which nftables may hold rules of its own."""


class IptablesRule(Fact, frozen=True, kw_only=True):
    """A rule as iptables-save prints it, from ``-A`` on; counters when they were shown."""

    namespace: str
    table: str
    chain: str
    rule: str
    packets: int | None = None
    bytes: int | None = None
    family: str = "ip"
    legacy: bool = False


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
    reply_sport: int | None = None
    reply_dport: int | None = None
    icmp_id: int | None = None
    zone: int = 0
    mark: int = 0


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


class PolicyRule(Fact, frozen=True, kw_only=True):
    """A rule of policy routing (``ip rule``). src, dst: CIDR, "" for any."""

    namespace: str
    priority: int
    table: str
    src: str = ""
    dst: str = ""
    iif: str = ""
    oif: str = ""
    mark: int | None = None
    mask: int | None = None
    action: str = ""
    """"" to look into the table, else blackhole, unreachable, prohibit, goto, nop"""
    goto: int | None = None
    """The priority to go on at."""
    inverted: bool = False
    more: tuple[str, ...] = ()
    """What else it asks for, as ``ip -j`` names it: tos, ipproto, dport, suppress_prefixlen, …"""


class NetworkSetting(Fact, frozen=True, kw_only=True):
    """A sysctl below ``net``: ipv4/ip_forward, ipv4/conf/DEVICE/rp_filter, bridge/bridge-nf-call-iptables."""

    namespace: str
    name: str
    """Slashes, as below /proc/sys/net: a device may have a dot in its name (ipv4/conf/eth0.5/rp_filter).

    What a kernel does not have is absent: without br_netfilter there is no bridge/bridge-nf-call-iptables.
    """
    value: str


class IpSet(Fact, frozen=True, kw_only=True):
    """A set of ipset. members: as it writes them, "10.0.0.0/8", "10.1.2.3,tcp:80"; an exception of a set of
    networks is "10.1.0.0/16 nomatch"."""

    namespace: str
    name: str
    type: str
    """hash:net, hash:ip, …"""
    members: tuple[str, ...] = ()


class NftChain(Fact, frozen=True, kw_only=True):
    """A chain of nftables that iptables does not manage. hook "": not a base chain."""

    namespace: str
    family: str
    table: str
    chain: str
    type: str = ""
    hook: str = ""
    priority: int | None = None
    policy: str = ""
    devices: tuple[str, ...] = ()
    """Of the family netdev: where it hooks in."""


class NftRule(Fact, frozen=True, kw_only=True):
    """A rule of such a chain, in order. expression: the JSON array that ``nft -j`` prints."""

    namespace: str
    family: str
    table: str
    chain: str
    handle: int | None = None
    expression: str


class NftSet(Fact, frozen=True, kw_only=True):
    """A set, or a map, of such a table. elements: the JSON array that ``nft -j`` prints."""

    namespace: str
    family: str
    table: str
    name: str
    elements: str = "[]"


class TrafficControl(Fact, frozen=True, kw_only=True):
    """An interface with a queueing discipline that carries filters or programs (clsact, ingress)."""

    namespace: str
    link: str
    kind: str
