"""Reasons of floating IPs, address translation, distributed routers and the network outside."""

from mitate.model.path_reasons.reason import PathReason

FLOATING = (
    PathReason(
        "FIP_NOT_ASSOCIATED",
        "api",
        "The floating IP belongs to no port.",
        "`openstack floating ip show ADDR -c port_id -c status`.",
        "`openstack server add floating ip SERVER ADDR`.",
    ),
    PathReason(
        "FIP_PORT_DOWN",
        "api",
        "The port behind the floating IP is down.",
        "`openstack port show UUID -c status -c admin_state_up` of the port that the floating IP names.",
        "Start the server, enable the port, or mend the agent of its host.",
    ),
    PathReason(
        "FIP_WRONG_ROUTER",
        "api",
        "The router of the floating IP has no interface in the server's subnet.",
        "`openstack floating ip show ADDR -c router_id` against `openstack port list --router UUID`.",
        "Associate it anew, or add the subnet to that router.",
    ),
    PathReason(
        "FIP_ADDR_MISSING",
        "nat",
        "The router does not have the floating IP on its gateway device, so nobody answers ARP for it.",
        "`ip -n NS addr show DEV` lacks ADDR/32.",
        "Restart the L3 agent; its log says why it did not set the address.",
    ),
    PathReason(
        "FIP_DNAT_MISSING",
        "nat",
        "The router does not translate the floating IP: it answers in the server's place.",
        "`ip netns exec NS iptables -t nat -S | grep ADDR` has no DNAT; pings are answered one hop early.",
        "Restart the L3 agent, so that it writes its rules anew.",
    ),
    PathReason(
        "FIP_SNAT_MISSING",
        "nat",
        "What the server sends leaves with another address than its floating IP.",
        "`ip netns exec NS iptables -t nat -S neutron-l3-agent-float-snat` lacks the server's address.",
        "Restart the L3 agent, so that it writes its rules anew.",
    ),
    PathReason(
        "NAT_NOTRACK",
        "nat",
        "A rule keeps the packet from being tracked, so its address is not translated.",
        "`ip netns exec NS iptables -t raw -S` has NOTRACK or CT --notrack; `conntrack -L -d ADDR` has no "
        "entry.",
        "Remove that rule.",
    ),
    PathReason(
        "FIP_STALE_CT",
        "nat",
        "An old connection still leads to the server that had the floating IP before.",
        "`ip netns exec NS conntrack -L -d ADDR` names another server than the DNAT rule.",
        "`ip netns exec NS conntrack -D -d ADDR`.",
    ),
    PathReason(
        "FIP_UPSTREAM_ARP_STALE",
        "external",
        "The router in front of the cloud holds an old MAC address for the floating IP.",
        "On that router `ip neigh show ADDR` against `ip -n NS link show DEV` of the gateway device.",
        "Delete the entry there, or announce it: `ip netns exec NS arping -U -I DEV -c 3 ADDR`.",
    ),
    PathReason(
        "FIP_ON_TWO_NODES",
        "external",
        "Two nodes answer for the floating IP.",
        "`arping -I DEV ADDR` from outside: two MAC addresses answer.",
        "Remove the address from the node that does not have the router; restart its L3 agent.",
    ),
    PathReason(
        "FIP_HAIRPIN_MARTIAN",
        "nat",
        "The server speaks to its own floating IP, and gets its own packet back with its own address as "
        "sender.",
        'In the server: `nstat -az TcpExtIPReversePathFilter` grows, dmesg says "martian source".',
        "Use the fixed address there; the router's rule that translates such packets is missing otherwise.",
    ),
    PathReason(
        "DVR_IP_RULE_MISSING",
        "dvr",
        "The distributed router does not send the server's packets to the floating IP namespace.",
        '`ip -n qrouter-UUID rule` lacks "from ADDR lookup 16".',
        "Restart the L3 agent of that compute host.",
    ),
    PathReason(
        "DVR_RFP_FPR_BROKEN",
        "dvr",
        "The pair of devices between the router and the floating IP namespace is broken.",
        "`ip -n qrouter-UUID addr show rfp-…` and `ip -n fip-UUID addr show fpr-…`: an end, its 169.254 "
        "address "
        "or a route is missing.",
        "Restart the L3 agent of that compute host.",
    ),
    PathReason(
        "DVR_FG_PROXY_ARP_OFF",
        "dvr",
        "The floating IP namespace does not answer ARP for its floating IPs.",
        "`ip netns exec fip-UUID sysctl net.ipv4.conf.fg-….proxy_arp` is 0.",
        "Set it to 1, and restart the L3 agent of that compute host to see that it stays.",
    ),
    PathReason(
        "SNAT_NS_DOWN",
        "dvr",
        "The namespace that translates for servers without a floating IP is missing.",
        "`ip netns` on the network nodes lacks snat-UUID, or it lacks its sg- device.",
        "Schedule the router to a living network node, or restart the L3 agent there.",
    ),
    PathReason(
        "SNAT_PORT_EXHAUSTED",
        "nat",
        "All ports of the router's address are in use, and new connections fail.",
        "`conntrack -S` in the namespace: insert_failed grows.",
        "Give busy servers floating IPs, or translate with random-fully.",
    ),
    PathReason(
        "EXT_BRIDGE_PORT_MISSING",
        "external",
        "The external bridge lacks the port of the router, or of the network card.",
        "`bridge link` or `ovs-vsctl list-ports BRIDGE` lacks it; bridge_mappings names another bridge.",
        "Plug it: `ip link set DEV master BRIDGE` or `ovs-vsctl add-port BRIDGE DEV`; correct "
        "bridge_mappings.",
    ),
    PathReason(
        "EXT_GW_UNREACHABLE",
        "external",
        "The external gateway does not answer ARP.",
        "`ip -n NS neigh show ADDR` says FAILED; `ip netns exec NS arping -I DEV ADDR`.",
        "See that the external network is really that wire and VLAN, and that the gateway is up.",
    ),
    PathReason(
        "EXT_NO_ROUTE_TO_FIP",
        "external",
        "The network in front of the cloud does not send the packet here.",
        "Nothing arrives on the external device: `tcpdump -ni DEV host ADDR`.",
        "Give the router in front the route to the floating network.",
    ),
)
