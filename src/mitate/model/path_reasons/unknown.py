"""Reasons of OVN, of stale state, and why a packet could not be followed."""

from mitate.model.path_reasons.reason import PathReason

OVN = (
    PathReason(
        "OVN_PORT_UNCLAIMED",
        "ovn",
        "No host has taken the port.",
        "`ovn-sbctl find Port_Binding logical_port=UUID` shows no chassis, or up false.",
        "See ovn-controller on the port's host, and the interface's external_ids:iface-id.",
    ),
    PathReason(
        "OVN_GW_CHASSIS_NONE",
        "ovn",
        "No host is the gateway of this router.",
        "`ovn-nbctl lrp-get-gateway-chassis PORT`, `ovn-sbctl show` (cr- ports).",
        "Give a living host the gateway (ovn-cms-options=enable-chassis-as-gw).",
    ),
    PathReason(
        "OVN_STALE_MAC_BINDING",
        "ovn",
        "OVN remembers an old MAC address for the next hop.",
        "`ovn-sbctl find MAC_Binding ip=ADDR` against the owner's.",
        "Delete that row: `ovn-sbctl destroy MAC_Binding UUID`.",
    ),
    PathReason(
        "OVN_NO_NAT",
        "ovn",
        "OVN's database has no translation for the floating IP.",
        "`ovn-nbctl lr-nat-list ROUTER` lacks it.",
        "`neutron-ovn-db-sync-util` in log mode shows what is missing; then let it repair.",
    ),
    PathReason(
        "OVN_ACL_DROP",
        "ovn",
        "An access list of OVN (a security group) drops the packet.",
        "`ovn-trace` ends in the ACL stage; `ovn-nbctl acl-list PORT_GROUP`.",
        "Add the rule to the security group.",
    ),
    PathReason(
        "OVN_PORT_SEC_DROP",
        "ovn",
        "Port security of OVN drops the address.",
        "`ovn-nbctl lsp-get-port-security PORT`.",
        "Add the address to the port's allowed address pairs.",
    ),
    PathReason(
        "OVN_LR_POLICY_DROP",
        "ovn",
        "A policy of the logical router drops the packet.",
        "`ovn-nbctl lr-policy-list ROUTER`.",
        "Change or remove that policy.",
    ),
    PathReason(
        "OVN_BRIDGE_MAPPING_MISSING",
        "ovn",
        "The host does not know which bridge leads to the physical network.",
        "`ovs-vsctl get open . external_ids:ovn-bridge-mappings`.",
        "Set the mapping on that host.",
    ),
    PathReason(
        "OVN_LOCALNET_TAG",
        "ovn",
        "The port to the physical network has another VLAN than the network.",
        "`ovn-nbctl get Logical_Switch_Port PORT tag` against the network's segment.",
        "Correct the segment, or let the database be repaired by `neutron-ovn-db-sync-util`.",
    ),
    PathReason(
        "OVN_GATEWAY_MTU",
        "mtu",
        "The router sends larger packets than the external network takes, and tells nobody.",
        "`ovn-nbctl get Logical_Router_Port PORT options` lacks gateway_mtu, or has another.",
        "Set ovn_emit_need_to_frag in Neutron, on kernels that can (5.2 and later).",
    ),
    PathReason(
        "OVN_METADATA_PORT_MTU",
        "mtu",
        "The metadata namespace has another MTU than the network.",
        "`ip -n ovnmeta-UUID link` against `openstack network show UUID -c mtu`.",
        "Restart the OVN metadata agent.",
    ),
    PathReason(
        "OVN_ENCAP_MISMATCH",
        "ovn",
        "The hosts do not speak the same kind of tunnel.",
        "`ovn-sbctl list Encap`.",
        "Set ovn-encap-type alike on all hosts.",
    ),
)

CONTROL = (
    PathReason(
        "STATE_STALE",
        "control",
        "What OpenStack believes and what the host shows are not of the same time.",
        "The API names another host, address or binding than the host shows; its agent is silent or lags "
        "behind: "
        "`openstack network agent list`.",
        "Mend the agent, let it catch up, and look again.",
    ),
)

UNSEEN = (
    PathReason(
        "INSUFFICIENT_INFO_HOST",
        "unseen",
        "A host on the way could not be asked.",
        "The gap says why.",
        "Give an inventory or ssh access that reaches it, and look again.",
    ),
    PathReason(
        "INSUFFICIENT_INFO_NETNS",
        "unseen",
        "A network namespace on the way could not be looked into.",
        "The gap says why; by hand: `ip netns exec NS ip addr` as root.",
        "Look as root, and look again.",
    ),
    PathReason(
        "INSUFFICIENT_INFO_TABLE",
        "unseen",
        "A table that decides on the way (routes, neighbours, rules, flows) could not be read.",
        "The gap says which, and why.",
        "Install the tool it needs there, or look as root, and look again.",
    ),
    PathReason(
        "PERMISSION_DENIED",
        "unseen",
        "The host would not tell.",
        "The gap names the question and the refusal.",
        "Use root or sudo on hosts, a project-scoped admin for the API.",
    ),
    PathReason(
        "EXITS_SNAPSHOT",
        "unseen",
        "The packet leaves what was looked at; what comes after is not known.",
        "The next hop belongs to nobody who was asked.",
        "Look on from there by hand, or with --live.",
    ),
    PathReason(
        "UNSUPPORTED_OVN",
        "unseen",
        "OVN moves the packets here; its pipeline is not modelled.",
        "The host's br-int is ruled by ovn-controller.",
        "Ask OVN itself: `ovn-trace`, then `ovs-appctl ofproto/trace`.",
    ),
    PathReason(
        "UNSUPPORTED_MIDONET",
        "unseen",
        "MidoNet moves the packets here; it is not modelled.",
        "A MidoNet agent or datapath was seen.",
        "Ask MidoNet itself: `mm-trace`.",
    ),
    PathReason(
        "UNSUPPORTED_SRIOV",
        "unseen",
        "The port is a virtual function of the network card: no bridge of the host sees its packets.",
        "`openstack port show UUID -c binding_vnic_type` says direct.",
        "Look at `ip link show DEV` (vf) on the host, and on the switch.",
    ),
    PathReason(
        "UNSUPPORTED_DPDK",
        "unseen",
        "The port is a vhost-user socket: the kernel never sees its packets.",
        "`ovs-vsctl get interface DEV type` says dpdkvhostuser or dpdkvhostuserclient.",
        "Capture with `ovs-tcpdump -i DEV`.",
    ),
    PathReason(
        "UNSUPPORTED_TC",
        "unseen",
        "A tc filter sits on the way; what it does is not modelled.",
        "`tc filter show dev DEV ingress`, `tc filter show dev DEV egress`.",
        "Read it by hand; take it away for a test, if that may be done.",
    ),
    PathReason(
        "UNSUPPORTED_XDP",
        "unseen",
        "An XDP program sits on the way; what it does is not modelled.",
        "`ip -d link show DEV` names a program.",
        "Read it by hand (`bpftool prog`); take it away for a test, if that may be done.",
    ),
    PathReason(
        "UNSUPPORTED_IPV6",
        "unseen",
        "The way of IPv6 packets is not modelled.",
        "The addresses asked for are IPv6.",
        "Ask for the IPv4 addresses, or look by hand: `ip -6 route get ADDR`.",
    ),
)
