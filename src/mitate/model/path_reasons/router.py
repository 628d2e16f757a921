"""Reasons in routers."""

from mitate.model.path_reasons.reason import PathReason

ROUTER = (
    PathReason(
        "RTR_ADMIN_DOWN",
        "api",
        "The router is switched off: its admin_state_up is false.",
        "`openstack router show UUID -c admin_state_up`.",
        "`openstack router set --enable UUID`.",
    ),
    PathReason(
        "RTR_NO_GATEWAY",
        "api",
        "The router has no external gateway, so nothing leaves the cloud and no floating IP works.",
        "`openstack router show UUID -c external_gateway_info` says None.",
        "`openstack router set --external-gateway NETWORK UUID`.",
    ),
    PathReason(
        "RTR_NOT_SCHEDULED",
        "api",
        "No network node has this router.",
        "`openstack network agent list --router UUID` is empty, or the namespace qrouter-UUID is missing "
        "there.",
        "`openstack network agent add router AGENT UUID`, or mend the L3 agent that has it.",
    ),
    PathReason(
        "RTR_IFACE_MISSING",
        "l3",
        "The router lacks the interface of this subnet, or the interface lacks its address.",
        "`ip -n qrouter-UUID addr` against `openstack port list --router UUID`.",
        "Restart the L3 agent; its log says why it could not plug the port.",
    ),
    PathReason(
        "RTR_IFACE_DOWN",
        "l3",
        "An interface of the router is down.",
        "`ip -n qrouter-UUID link show DEV` says DOWN.",
        "`ip -n qrouter-UUID link set DEV up`; see that its port is enabled and its agent lives.",
    ),
    PathReason(
        "RTR_FORWARD_OFF",
        "l3",
        "The router's namespace does not forward packets.",
        "`ip netns exec NS sysctl net.ipv4.ip_forward` is 0.",
        "`ip netns exec NS sysctl -w net.ipv4.ip_forward=1`; restart the L3 agent to see that it stays.",
    ),
    PathReason(
        "RTR_NO_ROUTE",
        "l3",
        "The router has no route to that address.",
        "`ip netns exec NS ip route get ADDR from ADDR iif DEV` says that the network is unreachable.",
        "Give the router its gateway or an extra route: `openstack router set --route "
        "destination=CIDR,gateway=ADDR UUID`; restart the L3 agent if the API has it already.",
    ),
    PathReason(
        "RTR_BLACKHOLE",
        "l3",
        "A route of the router throws the packet away on purpose.",
        "`ip -n NS route show table all` has a blackhole, unreachable or prohibit route for it.",
        "Remove that route, if nobody wants it: `ip -n NS route del blackhole CIDR`.",
    ),
    PathReason(
        "RTR_RPFILTER",
        "l3",
        "Reverse path filtering drops the packet: the way back to its sender goes by another interface.",
        "`ip netns exec NS sysctl net.ipv4.conf.all.rp_filter net.ipv4.conf.DEV.rp_filter` (the larger "
        "counts) "
        "is 1; `ip -n NS route get SENDER` names another device; `nstat -az TcpExtIPReversePathFilter` "
        "grows.",
        "Set rp_filter to 2 there, or make both ways go by the same interface.",
    ),
    PathReason(
        "RTR_REPLY_CONNECTED",
        "l3",
        "The reply comes back to the router, which finds its receiver in a subnet of its own and sends it "
        "there.",
        "The router's connection has its reply, and `ip -n NS neigh show ADDR` says FAILED on the inner "
        "side; "
        "`ip -n NS route get ADDR` names a qr- device.",
        "Translate the sender's address in front of the cloud, use a subnet that does not overlap, or give "
        "the "
        "router an extra route (ADDR/32 by the external gateway).",
    ),
    PathReason(
        "RTR_NEIGH_FAILED",
        "l3",
        "Nobody answers ARP for the next hop.",
        "`ip -n NS neigh show ADDR` says FAILED or INCOMPLETE; `ip netns exec NS arping -I DEV ADDR`.",
        "Follow the owner's wire: see that it is up, in its bridge, and allowed to answer ARP.",
    ),
    PathReason(
        "RTR_NEIGH_WRONG",
        "l3",
        "The neighbour table holds a MAC address that is not the owner's.",
        "`ip -n NS neigh show ADDR` against the port's MAC address: `openstack port list --fixed-ip "
        "ip-address=ADDR`.",
        "`ip -n NS neigh del ADDR dev DEV`: the right one is learnt at the next packet.",
    ),
    PathReason(
        "RTR_SCOPE_DROP",
        "firewall",
        "The two networks are in different address scopes, and the router keeps them apart.",
        "The rule counts: `ip netns exec NS iptables -vnL neutron-l3-agent-scope`.",
        "Put both subnet pools into one address scope, or use a floating IP.",
    ),
    PathReason(
        "RTR_METADATA_MARK_DROP",
        "firewall",
        "The router drops what is meant for its metadata proxy.",
        "The rule with mark 0x1 counts: `ip netns exec NS iptables -vnL neutron-l3-agent-INPUT`; nobody "
        "listens: "
        "`ip netns exec NS ss -ltn`.",
        "Restart the L3 agent, so that the proxy and its rules are there again.",
    ),
    PathReason(
        "RTR_TTL",
        "l3",
        "The packet has crossed as many routers as it may, and dies here.",
        "ICMP \"time exceeded\" is sent: `tcpdump -ni DEV 'icmp[0] == 11'`.",
        "Look for a loop of routes (`tracepath ADDR`), or let the sender use a larger TTL.",
    ),
    PathReason(
        "RTR_LOOP",
        "l3",
        "The packet comes by the same place again: routes or bridges form a loop.",
        "The same packet is captured there with a falling TTL: `tcpdump -vni DEV host ADDR`.",
        "Correct the route that sends it back.",
    ),
    PathReason(
        "RTR_PMTUD_BLACKHOLE",
        "mtu",
        'A router says "fragmentation needed", and that message never reaches the sender.',
        "`tcpdump -ni DEV 'icmp[0] == 3 and icmp[1] == 4'`: sent here, and not seen at the sender.",
        "Let ICMP type 3 code 4 pass everywhere on the way back; meanwhile clamp TCP's segment size.",
    ),
    PathReason(
        "RTR_MTU_PORT_WRONG",
        "mtu",
        "The router's interface has another MTU than its network.",
        "`ip -n NS link show DEV` against `openstack network show UUID -c mtu`.",
        "Restart the L3 agent; it sets the MTU of the network.",
    ),
    PathReason(
        "RTR_CT_FULL",
        "l3",
        "The table of connections is full, and new ones are dropped.",
        "`sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max`, `conntrack -S` (drop).",
        "Raise net.netfilter.nf_conntrack_max, and see who opens so many.",
    ),
    PathReason(
        "RTR_CT_ZONE_SPLIT",
        "l3",
        "Request and reply are tracked in different zones, so the reply belongs to no connection.",
        "`ip netns exec NS iptables -t raw -S` gives the two devices different zones.",
        "Restart the L3 agent, so that its rules are whole again.",
    ),
    PathReason(
        "RTR_HA_NO_MASTER",
        "ha",
        "No node is the active one of this highly available router.",
        "`openstack network agent list --router UUID --long` shows standby everywhere; no node has its "
        "addresses.",
        "See keepalived's log in the router's namespace, and the HA network between the nodes.",
    ),
    PathReason(
        "RTR_HA_SPLIT_BRAIN",
        "ha",
        "Two nodes are both the active one of this router.",
        "Its addresses are on both: `ip -n qrouter-UUID addr`; two MAC addresses answer ARP.",
        "Mend the HA network: the two do not hear each other's VRRP.",
    ),
    PathReason(
        "RTR_EXTRAROUTE_DEAD_NH",
        "l3",
        "The next hop of an extra route does not answer.",
        "`ip -n NS neigh show ADDR` of the next hop says FAILED.",
        "Start the machine that has the address, or remove the route: `openstack router unset --route …`.",
    ),
    PathReason(
        "MTU_SIGNALLED",
        "mtu",
        "The packet is larger than the next link takes, and its sender is told so: path MTU discovery at "
        "work.",
        "`ping -M do -s SIZE ADDR` says `Frag needed`, with the size that passes.",
        "Nothing, where the sender heeds it; else give both sides the smaller MTU.",
    ),
    PathReason(
        "MTU_OF_SENDER",
        "mtu",
        "The packet is larger than the sender's own interface takes, so it is never sent whole.",
        "`ip link show` at the sender; `ping -M do -s SIZE ADDR` says `message too long` there.",
        "Nothing: the limit of its own interface is known to the sender.",
    ),
    PathReason(
        "META_NO_REDIRECT",
        "l3",
        "The router does not give what is for the metadata service to its proxy.",
        "`ip netns exec qrouter-UUID iptables-save -t nat | grep 169.254.169.254` shows no REDIRECT or DNAT.",
        "Restart the L3 agent; see that enable_metadata_proxy is on.",
    ),
    PathReason(
        "META_PROXY_DOWN",
        "l3",
        "The namespace that takes what is for the metadata service has no proxy that listens.",
        "`pgrep -af 'ns-metadata-proxy.*UUID'` on the host finds none.",
        "Restart the agent of that host (L3, or DHCP for isolated networks): it starts the proxy.",
    ),
    PathReason(
        "DHCP_SERVER_DOWN",
        "l3",
        "No DHCP server of the network can be reached, or none runs.",
        "`openstack network agent list --network UUID --agent-type dhcp`; `pgrep -af 'dnsmasq.*UUID'` there.",
        "Restart the DHCP agent of that host.",
    ),
)
