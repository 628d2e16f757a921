"""Reasons on the bridges and switches of one host."""

from mitate.model.path_reasons.reason import PathReason

WIRING = (
    PathReason(
        "TAP_MISSING",
        "l2",
        "The tap of the port does not exist on the host that the port is bound to.",
        "`ip link show TAP` on that host: the device does not exist.",
        "Restart the server hard, so that Nova makes its tap: `openstack server reboot --hard UUID`.",
    ),
    PathReason(
        "TAP_WRONG_HOST",
        "l2",
        "The tap is on another host than the port is bound to.",
        "`openstack port show UUID -c binding_host_id` against `ip link show TAP` on the hosts.",
        "Finish or revert the migration, so that binding and tap agree.",
    ),
    PathReason(
        "TAP_NOT_IN_BRIDGE",
        "l2",
        "The device is in no bridge, so nothing reaches it.",
        "`ip -d link show DEV` names no master.",
        "Restart the agent of that host, which plugs it again; until then `ip link set DEV master BRIDGE`.",
    ),
    PathReason(
        "HYBRID_VETH_BROKEN",
        "l2",
        "The pair of devices between the filtering bridge and Open vSwitch is broken.",
        "One of qvb, qvo and qbr is missing or down: `ip link | grep -E 'q(vb|vo|br)'`.",
        "`openstack server reboot --hard UUID`, which plugs them again.",
    ),
    PathReason(
        "LINK_DOWN",
        "l2",
        "A device on the way is down.",
        "`ip link show DEV` (in a namespace: `ip -n NS link show DEV`) does not say UP.",
        "`ip link set DEV up`, then find who took it down; with NO-CARRIER look at its other end.",
    ),
    PathReason(
        "LINK_PEER_MISSING",
        "l2",
        "The other end of a pair of devices is nowhere to be found.",
        "`ip -d link show DEV` names a peer, and no namespace that could be seen has that index.",
        "Restart the agent that made the pair; it makes both ends anew.",
    ),
    PathReason(
        "BR_PORT_NOT_FORWARDING",
        "l2",
        "A port of the bridge is not in the forwarding state.",
        "`bridge -d link show dev DEV` says blocking, disabled, listening or learning.",
        "`ip link set BRIDGE type bridge stp_state 0` (Neutron's bridges run none), or wait out the delay.",
    ),
    PathReason(
        "BR_PORT_ISOLATED",
        "l2",
        "Both ports of the bridge are isolated, and isolated ports do not speak with each other.",
        "`bridge -d link` shows isolated on at both.",
        "`bridge link set dev DEV isolated off` on one of them.",
    ),
    PathReason(
        "BR_FDB_WRONG_PORT",
        "l2",
        "The bridge believes the MAC address behind another port than it is.",
        "`bridge fdb show br BRIDGE | grep MAC` names another device than the one the owner is behind.",
        "`bridge fdb del MAC dev DEV master`; if it comes back, look for a loop.",
    ),
    PathReason(
        "BR_VLAN_MISMATCH",
        "l2",
        "The ports of the bridge are not in the same VLAN.",
        "`bridge vlan show`: the packet's VLAN, or the port's PVID, is missing on one side.",
        "`bridge vlan add vid VLAN dev DEV` (with pvid untagged where the port is untagged).",
    ),
    PathReason(
        "BR_MAC_FLAP",
        "l2",
        "A MAC address moves between ports again and again: there is a loop, or a second owner.",
        "`bridge monitor fdb` shows it moving.",
        "Find the second path or the second owner and cut it.",
    ),
    PathReason(
        "OVS_DEAD_VLAN",
        "l2",
        "Neutron's agent has put the port into the dead VLAN: it drops all of its packets.",
        "`ovs-vsctl get port DEV tag` says 4095, or br-int drops by in_port with priority 2.",
        "The agent's log says why the port was not wired (binding, segment); mend that and restart the "
        "agent.",
    ),
    PathReason(
        "OVS_TAG_LOST",
        "l2",
        "The port has no VLAN tag, so it is in no network, or in all of them.",
        "`ovs-vsctl get port DEV tag` says [].",
        "Restart the Open vSwitch agent: it tags all ports again.",
    ),
    PathReason(
        "OVS_OFPORT_INVALID",
        "l2",
        "Open vSwitch could not open the device.",
        "`ovs-vsctl get interface DEV ofport error` says -1 and why.",
        "Make the device exist (reboot the server hard), or remove the dead port: `ovs-vsctl del-port DEV`.",
    ),
    PathReason(
        "OVS_STALE_OUTPUT",
        "l2",
        "A flow sends the packet to a port number that no device has any more.",
        '`ovs-appctl ofproto/trace BRIDGE FLOW` says "Nonexistent output port".',
        "Restart the Open vSwitch agent: it writes its flows anew.",
    ),
    PathReason(
        "OVS_TABLE_MISS",
        "l2",
        "No flow takes the packet, and the table's last one drops it.",
        "`ovs-appctl ofproto/trace BRIDGE FLOW` ends in a drop of priority 0; "
        "`ovs-ofctl dump-flows BRIDGE table=N` lacks the flow of this port or network.",
        "Restart the Open vSwitch agent; if the flow does not come, its log says what it could not do.",
    ),
    PathReason(
        "OVS_FLOW_DROP",
        "l2",
        "A flow drops the packet explicitly, and it is none of those by which Neutron's agent does.",
        "`ovs-appctl ofproto/trace BRIDGE FLOW` ends in that flow; in `ovs-ofctl dump-flows BRIDGE table=N` "
        "its cookie is another than that of Neutron's flows.",
        "Find who wrote the flow (another controller, an extension of the agent, a person), and remove it: "
        "`ovs-ofctl --strict del-flows BRIDGE 'table=N,priority=P,MATCH'`.",
    ),
    PathReason(
        "OVS_LVID_MISMATCH",
        "l2",
        "The bridges of one host disagree on which local VLAN a network has.",
        "The tag on br-int is not the one in the flows of br-tun or the external bridge: "
        "`ovs-vsctl get port DEV tag`, `ovs-ofctl dump-flows br-tun`.",
        "Restart the Open vSwitch agent: it numbers all of them together.",
    ),
    PathReason(
        "OVS_PATCH_BROKEN",
        "l2",
        "The patch between two bridges of Open vSwitch is missing, or names a peer that is not there.",
        "`ovs-vsctl show`: int-BRIDGE, phy-BRIDGE, patch-tun or patch-int is missing or has another peer.",
        "Correct bridge_mappings and restart the Open vSwitch agent: it makes the patches anew.",
    ),
)
