"""Reasons of port security, security groups and the filters of a host."""

from mitate.model.path_reasons.reason import PathReason

FIREWALL = (
    PathReason(
        "PS_MAC_SPOOF",
        "firewall",
        "Port security drops packets from a MAC address that is not the port's.",
        "The drop's counter grows: `iptables -vnL neutron-linuxbri-sPORT`, or table 71 of br-int.",
        "`openstack port set --allowed-address ip-address=ADDR,mac-address=MAC UUID`, if it is meant to be.",
    ),
    PathReason(
        "PS_IP_SPOOF",
        "firewall",
        "Port security drops packets from an address that is not the port's.",
        "The drop's counter grows: `iptables -vnL neutron-linuxbri-sPORT`, or table 71 of br-int; "
        "`openstack port show UUID -c fixed_ips -c allowed_address_pairs`.",
        "`openstack port set --allowed-address ip-address=ADDR UUID`, if the server is meant to use it.",
    ),
    PathReason(
        "PS_ARP_SPOOF",
        "firewall",
        "Port security drops ARP for an address that is not the port's, so nobody finds it.",
        "ARP leaves the tap and not the bridge: `ebtables -t nat -L neutronARP-TAP`, or table 24 or 71 of "
        "br-int.",
        "`openstack port set --allowed-address ip-address=ADDR UUID`, if the server is meant to use it.",
    ),
    PathReason(
        "PS_DHCP_RA_SERVER",
        "firewall",
        "Port security keeps servers from being DHCP servers or IPv6 routers.",
        "The rule that drops UDP from port 67 (or 547) counts: `iptables -vnL neutron-linuxbri-oPORT`.",
        "Nothing, unless the server is meant to be one: then take port security off that port.",
    ),
    PathReason(
        "SG_INGRESS_DENY",
        "firewall",
        "No rule of the port's security groups lets the packet in.",
        "The fallback of the port's chain counts: `iptables -vnL neutron-linuxbri-iPORT`, or table 82 of "
        "br-int; "
        "`openstack security group rule list GROUP`.",
        "`openstack security group rule create --ingress --protocol PROTO --dst-port PORT "
        "--remote-ip ADDR/32 GROUP`, if it is meant to pass.",
    ),
    PathReason(
        "SG_EGRESS_DENY",
        "firewall",
        "No rule of the port's security groups lets the packet out.",
        "The fallback of the port's chain counts: `iptables -vnL neutron-linuxbri-oPORT`, or table 72 of "
        "br-int; "
        "`openstack security group rule list GROUP`.",
        "`openstack security group rule create --egress --protocol PROTO --dst-port PORT GROUP`, if it is "
        "meant to pass.",
    ),
    PathReason(
        "SG_REMOTE_GROUP_STALE",
        "firewall",
        "The rule allows a group, and the host's list of its members lacks the sender.",
        "The sender's address is in the group by the API and not in the set: `ipset list`, or the "
        "conjunction "
        "flows of br-int.",
        "Restart the agent of that host: it fetches the members again.",
    ),
    PathReason(
        "SG_STATELESS_RETURN",
        "firewall",
        "The security group is stateless, and no rule lets the reply pass.",
        "`openstack security group show GROUP -c stateful` says False; the reply is dropped at the port.",
        "Add the rule for the reply, or use a stateful group.",
    ),
    PathReason(
        "SG_CT_INVALID",
        "firewall",
        "Connection tracking calls the packet invalid, and the rules drop what is invalid.",
        "The INVALID rule counts (`iptables -vnL`, table 72 or 82 with ct_state +inv), `conntrack -S` as "
        "well.",
        "Let both ways pass the same host; for half-seen TCP net.netfilter.nf_conntrack_tcp_be_liberal=1.",
    ),
    PathReason(
        "SG_CT_BLOCKED",
        "firewall",
        "The connection was allowed once and is marked as blocked since a rule was removed.",
        "Its entry has mark 1: `conntrack -L -m 1 -d ADDR`.",
        "If it is allowed again, delete that entry: `conntrack -D -m 1 -d ADDR`.",
    ),
    PathReason(
        "SG_ZONE_CLASH",
        "firewall",
        "Two ports share one zone of connection tracking and disturb each other.",
        "`iptables -t raw -S` gives two taps the same zone.",
        "Restart the agent of that host: it numbers the zones anew.",
    ),
    PathReason(
        "HOST_FORWARD_DROP",
        "firewall",
        "The host's own filter drops what its bridges carry (bridge-nf is on, FORWARD drops).",
        "`iptables -vnL FORWARD` drops, `sysctl net.bridge.bridge-nf-call-iptables` is 1. Docker does that.",
        "Accept bridged packets there, or set the policy back to ACCEPT and see who changed it.",
    ),
    PathReason(
        "HOST_BRNF_OFF",
        "firewall",
        "Bridges pass the host's firewall by (bridge-nf is off): its security groups are not enforced at "
        "all.",
        "`sysctl net.bridge.bridge-nf-call-iptables` is 0, or the module br_netfilter is not loaded.",
        "`modprobe br_netfilter`, `sysctl net.bridge.bridge-nf-call-iptables=1`, both made to last.",
    ),
    PathReason(
        "FW_TWO_BACKENDS",
        "firewall",
        "A rule of the old iptables backend acts beside nftables, where nobody looks.",
        "`iptables-legacy-save` is not empty, while `iptables-nft-save` is what the agents write.",
        "Remove the old rules (`iptables-legacy -F` in that namespace) and use one backend only.",
    ),
    PathReason(
        "FW_EXTRA_NFT_TABLE",
        "firewall",
        "A table of nftables that is not Neutron's drops the packet.",
        "`nft list ruleset` shows its chain; `nft monitor trace` shows the verdict.",
        "Let its owner (firewalld, a hand-made table) accept this traffic.",
    ),
    PathReason(
        "TC_OR_XDP_PRESENT",
        "firewall",
        "A tc or XDP program sits on the way; what it does cannot be told.",
        "`tc filter show dev DEV ingress`, `ip -d link show DEV` (prog/xdp).",
        "See who owns it; take it away for a test, if that may be done.",
    ),
    PathReason(
        "RTR_FORWARD_FIREWALL",
        "firewall",
        "A filter rule in the router's namespace drops the packet.",
        "The rule counts: `ip netns exec NS iptables -vnL FORWARD`, and the chains below it.",
        "If it is a firewall-as-a-service rule change it there, else remove it; the L3 agent restores its "
        "own.",
    ),
)
