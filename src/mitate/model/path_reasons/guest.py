"""Reasons within the server, and of its port as the API describes it."""

from mitate.model.path_reasons.reason import PathReason

GUEST = (
    PathReason(
        "EP_NOT_RUNNING",
        "guest",
        "The server does not run, so nobody is behind its port.",
        "Nova's status is not ACTIVE, or the tap has no carrier: `openstack server show UUID`, `ip link "
        "show TAP`.",
        "Start the server: `openstack server start UUID`.",
    ),
    PathReason(
        "EP_NIC_DOWN",
        "guest",
        "The server has switched its network interface off.",
        "Packets leave the bridge for the tap and nothing is ever sent back, not even ARP: `tcpdump -ni "
        "TAP`.",
        "On the server's console: `ip link set DEV up`, and see what takes it down at boot.",
    ),
    PathReason(
        "EP_NO_IPV4",
        "guest",
        "The server has no IPv4 address: it did not take the one that Neutron gave it.",
        "ARP for the fixed IP stays unanswered though its MAC address is heard: "
        "`ip netns exec NS arping -I DEV ADDR`.",
        "See whether it asks by DHCP (`tcpdump -ni TAP port 67`) and what cloud-init wrote on its console.",
    ),
    PathReason(
        "EP_WRONG_IP",
        "guest",
        "The server uses another address than its port has.",
        "ARP that leaves the tap names another address: `tcpdump -ni TAP arp`.",
        "Set the port's address in the server, or add the other one to the port as an allowed address pair.",
    ),
    PathReason(
        "EP_NO_DEFAULT_ROUTE",
        "guest",
        "The server has no route to the sender, so no reply is ever made.",
        "The request goes in at the tap, and nothing comes out, not even ARP for a gateway: `tcpdump -ni "
        "TAP`; "
        "the subnet has no gateway or the server did not take it: `openstack subnet show UUID`.",
        "Give the subnet a gateway_ip or host_routes and have the server renew its lease.",
    ),
    PathReason(
        "EP_SRC_ONLINK_OVERLAP",
        "guest",
        "The sender's address lies in the server's own subnet, so the server looks for it on its own wire "
        "and "
        "never sends the reply to the router.",
        "The request goes in at the tap, then ARP for the sender goes unanswered: `tcpdump -ni TAP arp`; the "
        "router's entry stays [UNREPLIED]: `ip netns exec NS conntrack -L -d ADDR`.",
        "Translate the sender's address in front of the cloud, or use a tenant subnet that does not "
        "overlap; for "
        "a few senders a host route of the subnet (ADDR/32 by the router) together with an extra route of "
        "the "
        "router (ADDR/32 by the external gateway).",
    ),
    PathReason(
        "EP_SRC_LOCAL_PREFIX",
        "guest",
        "The server has the sender's network on one of its own bridges or tunnels (docker0, a VPN).",
        "The request goes in at the tap and no reply comes out, while senders of other networks are "
        "answered; in "
        "the server: `ip route get ADDR`.",
        "Move the server's inner network to a range that nobody else uses (docker: default-address-pools).",
    ),
    PathReason(
        "EP_GUEST_FIREWALL",
        "guest",
        "A firewall within the server drops the packet.",
        "The request goes in at the tap and no answer comes out, while another port is answered; in the "
        "server: "
        "`nft list ruleset`.",
        "Open the port in the server's own firewall.",
    ),
    PathReason(
        "EP_NO_LISTENER",
        "guest",
        "Nobody listens on that port, and the server says so.",
        'A TCP reset or ICMP "port unreachable" comes out of the tap: `tcpdump -ni TAP`; in the server: '
        "`ss -ltnup`.",
        "Start the service, or let it listen on the address of the port and not only on 127.0.0.1.",
    ),
    PathReason(
        "EP_GUEST_RPFILTER",
        "guest",
        "A server with several interfaces answers by another one than it was asked on, or not at all.",
        "The request goes in at one tap; the reply comes out of another, or of none: `tcpdump -ni TAP` on "
        "both.",
        "Give the server policy routing, one table per interface, or set rp_filter to 2 in it.",
    ),
    PathReason(
        "EP_DUP_IP",
        "guest",
        "Two owners of one address: who answers first gets the packets.",
        "Two MAC addresses answer: `ip netns exec NS arping -D -I DEV ADDR`.",
        "Take the address away from the one whose port does not have it.",
    ),
    PathReason(
        "EP_MTU_TOO_BIG",
        "mtu",
        "The server sends larger packets than its network carries.",
        "Its interface's MTU is above the network's: `openstack network show UUID -c mtu`, in the server "
        "`ip link`; small pings pass and `ping -M do -s SIZE` does not.",
        "Let it take the MTU that DHCP offers (option 26), or set it; restart the interface.",
    ),
    PathReason(
        "EP_NESTED_MTU",
        "mtu",
        "A container network within the server has a larger MTU than the server's own interface.",
        "`ping -M do -s SIZE` passes from the server and not from the container.",
        "Give the container daemon the MTU of the server's interface, or a smaller one.",
    ),
    PathReason(
        "NET_ADMIN_DOWN",
        "api",
        "The network is switched off: its admin_state_up is false.",
        "`openstack network show UUID -c admin_state_up`.",
        "`openstack network set --enable UUID`.",
    ),
    PathReason(
        "PORT_BINDING_FAILED",
        "api",
        "Neutron could not bind the port to its host, so nobody wires it.",
        "`openstack port show UUID -c binding_vif_type` says binding_failed.",
        "Mend the agent of that host (its type, bridge_mappings, tunnel types), then detach and attach the "
        "port.",
    ),
    PathReason(
        "PORT_ADMIN_DOWN",
        "api",
        "The port is switched off: its admin_state_up is false.",
        "`openstack port show UUID -c admin_state_up -c status`.",
        "`openstack port set --enable UUID`.",
    ),
)
