"""What Open vSwitch on a host looks like: its configuration, its flows, what it has learnt."""

from __future__ import annotations

from mitate.model.source import Fact


class OvsBridge(Fact, frozen=True, kw_only=True):
    """datapath: system (kernel) or netdev (userspace). fail_mode: standalone ("" too) or secure."""

    name: str
    datapath: str = ""
    fail_mode: str = ""
    ports: tuple[str, ...] = ()


class OvsPort(Fact, frozen=True, kw_only=True):
    """tag: its VLAN, None when it has none (a trunk). bond: more than one interface."""

    name: str
    bridge: str
    tag: int | None = None
    trunks: tuple[int, ...] = ()
    vlan_mode: str = ""
    interfaces: tuple[str, ...] = ()


class OvsInterface(Fact, frozen=True, kw_only=True):
    """ofport: -1 when the switch could not open the device, None when it has not tried yet.

    options: peer of a patch port; remote_ip, local_ip, in_key, out_key, dst_port, df_default of a tunnel
    ("flow" where the flows say).
    """

    name: str
    port: str
    bridge: str
    type: str = ""
    """"" (system), internal, patch, vxlan, gre, geneve, dpdk, dpdkvhostuserclient, …"""
    ofport: int | None = None
    error: str = ""
    mac: str = ""
    mtu: int | None = None
    admin_up: bool | None = None
    link_up: bool | None = None
    options: tuple[tuple[str, str], ...] = ()
    port_id: str = ""
    """external_ids:iface-id, Neutron's port"""
    attached_mac: str = ""


class OvsFlow(Fact, frozen=True, kw_only=True):
    """A flow as ``ovs-ofctl dump-flows --no-stats`` writes it: match and actions are its own words."""

    telling = ("bridge", "table", "priority", "match", "actions")
    bridge: str
    table: int
    priority: int
    match: str
    actions: str
    cookie: str = ""
    packets: int | None = None


class OvsGroup(Fact, frozen=True, kw_only=True):
    """A group; buckets as ``ovs-ofctl dump-groups`` writes them."""

    bridge: str
    group_id: int
    type: str
    buckets: str


class OvsFdb(Fact, frozen=True, kw_only=True):
    """What NORMAL has learnt (``ovs-appctl fdb/show``). ofport: -1 for the bridge itself (LOCAL)."""

    bridge: str
    ofport: int
    vlan: int
    mac: str
    static: bool = False


class OvsConnection(Fact, frozen=True, kw_only=True):
    """An entry of the userspace datapath's connection tracking (``ovs-appctl dpctl/dump-conntrack``).

    sport: of ICMP its id. state: of TCP, "" for others.
    """

    protocol: str
    src: str
    dst: str
    sport: int | None = None
    dport: int | None = None
    reply_src: str
    reply_dst: str
    reply_sport: int | None = None
    reply_dport: int | None = None
    state: str = ""
    zone: int = 0
    mark: int = 0
