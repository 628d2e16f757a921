"""Reasons between hosts: tunnels, the network that carries them, and its size limits."""

from mitate.model.path_reasons.reason import PathReason

TUNNEL = (
    PathReason(
        "TUN_REMOTE_MISSING",
        "overlay",
        "The tunnel knows no host for this MAC address, so the packet is sent nowhere.",
        "`bridge fdb show dev DEV` has neither the MAC nor an entry of zeros (br-tun: table 20 and 22).",
        "Restart the agent of that host, so that l2population tells it all again.",
    ),
    PathReason(
        "TUN_REMOTE_WRONG",
        "overlay",
        "The tunnel sends this MAC address to a host that does not have it.",
        "`bridge fdb show dev DEV | grep MAC` names another address than the tunnel address of the port's "
        "host.",
        "Correct local_ip of that host's agent if it is wrong there, then restart the agent.",
    ),
    PathReason(
        "TUN_VNI_MISMATCH",
        "overlay",
        "The two hosts use different network numbers (VNI) for this network.",
        "`ip -d link show DEV` on both; `openstack network show UUID -c provider:segmentation_id`; the "
        "receiver "
        "drops it with VXLAN_VNI_NOT_FOUND.",
        "Restart the agent of the host that differs from the API, so that it makes the device anew.",
    ),
    PathReason(
        "TUN_UDP_PORT_MISMATCH",
        "overlay",
        "The two hosts send their tunnels to different UDP ports.",
        "`ip -d link show DEV` on both (dstport); the old default of Linux is 8472, the registered port "
        "4789.",
        "Set udp_dstport (Linux bridge agent) or vxlan_udp_port (Open vSwitch agent) alike everywhere.",
    ),
    PathReason(
        "TUN_TYPE_MISMATCH",
        "overlay",
        "The two hosts do not speak the same kind of tunnel.",
        "tunnel_types of the two agents: `openstack network agent show UUID -c configuration`.",
        "Set tunnel_types alike and restart both agents.",
    ),
    PathReason(
        "TUN_HOST_FIREWALL",
        "underlay",
        "The host's firewall drops the tunnel's packets.",
        "`iptables -vnL INPUT` (or OUTPUT, nft): the drop of UDP 4789, 8472, 6081 or of protocol 47 counts.",
        "Accept that port from the other hosts' tunnel addresses.",
    ),
    PathReason(
        "TUN_NO_ROUTE",
        "underlay",
        "The host has no route to the other host's tunnel address.",
        "`ip route get ADDR` on that host.",
        "Give it the route, or correct local_ip of the agents.",
    ),
    PathReason(
        "TUN_LINK_DOWN",
        "underlay",
        "The device that carries the tunnels is down.",
        "`ip link show DEV` says DOWN or NO-CARRIER.",
        "`ip link set DEV up`; with NO-CARRIER look at cable, transceiver and switch port.",
    ),
    PathReason(
        "TUN_NEIGH_FAILED",
        "underlay",
        "The other host's tunnel address does not answer on the wire.",
        "`ip neigh show ADDR` says FAILED or INCOMPLETE.",
        "See whether that host is up, has that address, and is in the same VLAN of the underlay.",
    ),
    PathReason(
        "TUN_LOCAL_IP_ABSENT",
        "underlay",
        "The host does not have the address that its tunnels are sent from or to.",
        "`ip -d link show DEV` (local) against `ip addr`.",
        "Give the host the address, or correct local_ip and restart the agent.",
    ),
    PathReason(
        "TUN_MCAST_BROKEN",
        "underlay",
        "The tunnel floods by multicast, and the underlay does not carry it.",
        "`ip -d link show DEV` names a group; `tcpdump -ni DEV host GROUP` on the other host stays silent.",
        "Use l2population, or mend IGMP on the switches.",
    ),
    PathReason(
        "TUN_INNER_TOO_BIG_BRIDGE",
        "mtu",
        "The packet is larger than the next port of the bridge takes; a bridge drops it and tells nobody.",
        "`ip link` on that host: the port's MTU is below the packet; `nstat -az IpFragFails` grows when "
        "bridge-nf "
        "is on; `ping -M do -s SIZE` is lost without a word.",
        "Make the MTU equal from end to end: the server's is to be the network's.",
    ),
    PathReason(
        "TUN_OUTER_TOO_BIG_PTB",
        "mtu",
        "The packet with its tunnel headers is larger than the underlay takes; the sender is told.",
        "`ip route get ADDR` in the sender shows a cached mtu; `ip -d link` shows a tunnel as large as its "
        "carrier.",
        "Lower the network's MTU by the tunnel's overhead (VXLAN 50, GRE 42, Geneve 58), or raise the "
        "underlay's.",
    ),
    PathReason(
        "TUN_UNDERLAY_MTU",
        "mtu",
        "Large packets are lost between the hosts: something there takes less than the hosts believe.",
        "`ping -M do -s SIZE` between the tunnel addresses: small ones pass, full-size ones do not.",
        "Raise the MTU of every device and switch port between the hosts to the network's plus the tunnel's "
        "overhead, or lower the network's.",
    ),
    PathReason(
        "TUN_OUTER_FRAG_LOST",
        "mtu",
        "The tunnel's packets are cut into fragments, and not all of them arrive.",
        "`nstat -az IpReasmFails` grows on the receiver; `tcpdump -ni DEV 'ip[6:2] & 0x3fff != 0'` on both.",
        "Make the MTU fit, so that nothing is fragmented; then let firewalls pass fragments.",
    ),
    PathReason(
        "TUN_CSUM_OFFLOAD",
        "underlay",
        "The receiver drops packets of the tunnel for a bad checksum.",
        "`nstat -az UdpInCsumErrors` grows; `ethtool -K DEV tx off` on the sender makes it pass.",
        "Leave that offload off, or update driver and firmware.",
    ),
    PathReason(
        "TUN_CT_FULL",
        "underlay",
        "The host's table of connections is full, and new ones are dropped.",
        '`sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max`; dmesg says "table full".',
        "Raise nf_conntrack_max, and do not track the tunnels themselves (raw: NOTRACK for their UDP port).",
    ),
    PathReason(
        "TUN_ARP_RESPONDER_STALE",
        "overlay",
        "The host answers ARP itself, with a MAC address that is not the owner's any more.",
        "`ip neigh show dev DEV` of the tunnel (or table 21 of br-tun) against the port's MAC address.",
        "Restart the agent of that host, so that l2population tells it all again.",
    ),
    PathReason(
        "PHYS_VLAN_NOT_TRUNKED",
        "underlay",
        "The switch does not carry this VLAN to the other host.",
        "The tagged packet leaves one host and never arrives: `tcpdump -eni DEV vlan VLAN` on both.",
        "Allow the VLAN on both switch ports.",
    ),
    PathReason(
        "PHYS_PORT_SECURITY",
        "underlay",
        "The switch, or the hypervisor below, drops MAC addresses that it did not give out.",
        "Packets of the host pass, those of its servers leave and never arrive: `tcpdump -eni DEV`.",
        "Allow promiscuous mode and forged transmits there, or lift the limit of MAC addresses.",
    ),
    PathReason(
        "PHYS_BOND_HASH",
        "underlay",
        "One link of a bond loses what is sent over it.",
        "Some connections work and others never do: `cat /proc/net/bonding/DEV`, `tcpdump` on each link.",
        "Take the bad link out; see that the switch has the same links in the same group.",
    ),
)
