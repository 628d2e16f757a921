"""A compute host as Neutron's Open vSwitch agent wires it: br-int, br-tun with l2population, br-ex.

The flows are those of the agent (native firewall, or the hybrid plug's with only anti-spoofing in br-int),
written after its tables; two taps of one network (VLAN 1, VNI 1671), a router's port, and a remote VTEP.
"""

from __future__ import annotations

from tests.trace.openflow.rig import Rig

VM1, VM2, QR, REMOTE = ("fa:16:3e:00:00:01", "fa:16:3e:00:00:02", "fa:16:3e:00:00:0a", "fa:16:3e:00:00:09")
IP1, IP2, GATEWAY, FAR = "10.10.0.11", "10.10.0.12", "10.10.0.1", "10.10.0.19"
HERE, THERE = "10.0.1.21", "10.0.1.12"
TAP1, TAP2, QR_PORT = "tap1", "tap2", "qr-1"
VNI = 1671


def build(rig: Rig) -> None:
    ids = "external_ids:iface-id"
    rig.bridge(
        "br-int",
        f"{TAP1} tag=1 / type=dummy {ids}=port-1",
        f"{TAP2} tag=1 / type=dummy {ids}=port-2",
        f"{QR_PORT} tag=1 / type=dummy {ids}=port-qr",
        "patch-tun / type=patch options:peer=patch-int",
        "int-br-ex / type=patch options:peer=phy-br-ex",
    )
    rig.bridge(
        "br-tun",
        "patch-int / type=patch options:peer=patch-tun",
        f"vxlan-0a00010c / type=vxlan options:remote_ip={THERE} options:local_ip={HERE} "
        "options:in_key=flow options:out_key=flow",
    )
    rig.bridge("br-ex", "eth1", "phy-br-ex / type=patch options:peer=int-br-ex")


def br_ex() -> list[str]:
    return [
        "table=0,priority=4,in_port=2,dl_vlan=2,actions=strip_vlan,NORMAL",
        "table=0,priority=2,in_port=2,actions=drop",
        "table=0,priority=0,actions=NORMAL",
    ]


def br_tun(responder: bool = True) -> list[str]:
    """Ports: 1 patch-int, 2 the tunnel. One remote MAC is known from l2population."""
    answer = (
        f"move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[],mod_dl_src:{REMOTE},load:0x2->NXM_OF_ARP_OP[],"
        "move:NXM_NX_ARP_SHA[]->NXM_NX_ARP_THA[],move:NXM_OF_ARP_SPA[]->NXM_OF_ARP_TPA[],"
        f"set_field:{REMOTE}->arp_sha,set_field:{FAR}->arp_spa,IN_PORT"
    )
    flows = [
        "table=0,priority=1,in_port=1,actions=resubmit(,2)",
        "table=0,priority=1,in_port=2,actions=resubmit(,4)",
        "table=0,priority=0,actions=drop",
        "table=2,priority=1,arp,dl_dst=ff:ff:ff:ff:ff:ff,actions=resubmit(,21)",
        "table=2,priority=0,dl_dst=00:00:00:00:00:00/01:00:00:00:00:00,actions=resubmit(,20)",
        "table=2,priority=0,dl_dst=01:00:00:00:00:00/01:00:00:00:00:00,actions=resubmit(,22)",
        "table=3,priority=0,actions=drop",
        f"table=4,priority=1,tun_id={VNI:#x},actions=mod_vlan_vid:1,resubmit(,10)",
        "table=4,priority=0,actions=drop",
        "table=6,priority=0,actions=drop",
        "table=10,priority=1,actions=learn(table=20,hard_timeout=300,priority=1,cookie=0x1,NXM_OF_VLAN_TCI[0..11],"
        "NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],load:0->NXM_OF_VLAN_TCI[],load:NXM_NX_TUN_ID[]->NXM_NX_TUN_ID[],"
        "output:NXM_OF_IN_PORT[]),output:1",
        f"table=20,priority=2,dl_vlan=1,dl_dst={REMOTE},actions=strip_vlan,load:{VNI:#x}->NXM_NX_TUN_ID[],output:2",
        "table=20,priority=0,actions=resubmit(,22)",
        "table=21,priority=0,actions=resubmit(,22)",
        f"table=22,priority=1,dl_vlan=1,actions=strip_vlan,load:{VNI:#x}->NXM_NX_TUN_ID[],output:2",
        "table=22,priority=0,actions=drop",
    ]
    if responder:
        flows.append(f"table=21,priority=1,arp,dl_vlan=1,arp_tpa={FAR},actions={answer}")
    return flows


def hybrid() -> list[str]:
    """br-int when iptables on the qbr bridges does the filtering: only anti-spoofing is here."""
    return [
        "table=0,priority=65535,vlan_tci=0x0fff/0x1fff,actions=drop",
        "table=0,priority=10,arp,in_port=1,actions=resubmit(,24)",
        "table=0,priority=9,in_port=1,actions=resubmit(,25)",
        "table=0,priority=3,in_port=5,vlan_tci=0x0000/0x1fff,actions=mod_vlan_vid:2,resubmit(,60)",
        "table=0,priority=2,in_port=5,actions=drop",
        "table=0,priority=0,actions=resubmit(,60)",
        "table=23,priority=0,actions=drop",
        f"table=24,priority=2,arp,in_port=1,arp_spa={IP1},actions=resubmit(,25)",
        "table=24,priority=0,actions=drop",
        f"table=25,priority=2,in_port=1,dl_src={VM1},actions=resubmit(,60)",
        "table=25,priority=0,actions=drop",
        "table=60,priority=3,actions=NORMAL",
    ]


def _port(number: int, mac: str, ip: str) -> list[str]:
    """What the firewall writes for a port: base egress, base ingress, the connections that it knows."""
    reg, zone = f"reg5={number:#x}", "zone=NXM_NX_REG6[0..15]"
    load = f"load:{number:#x}->NXM_NX_REG5[],load:0x1->NXM_NX_REG6[]"
    blocked = f"ct(commit,{zone},exec(load:0x1->NXM_NX_CT_MARK[]))"
    return [
        f"table=60,priority=100,in_port={number},actions={load},resubmit(,71)",
        f"table=60,priority=90,dl_vlan=1,dl_dst={mac},actions={load},strip_vlan,resubmit(,81)",
        f"table=71,priority=95,arp,{reg},in_port={number},dl_src={mac},arp_spa={ip},actions=resubmit(,94)",
        f"table=71,priority=80,udp,{reg},in_port={number},tp_src=68,tp_dst=67,actions=resubmit(,73)",
        f"table=71,priority=70,udp,{reg},in_port={number},tp_src=67,tp_dst=68,actions=resubmit(,93)",
        f"table=71,priority=65,ip,ct_state=-trk,{reg},in_port={number},dl_src={mac},nw_src={ip},"
        f"actions=ct(table=72,{zone})",
        f"table=71,priority=10,ct_state=-trk,{reg},in_port={number},actions=resubmit(,93)",
        "table=72,priority=50,ct_state=+inv+trk,actions=resubmit(,93)",
        f"table=72,priority=50,ct_mark=0x1,{reg},actions=resubmit(,93)",
        f"table=72,priority=50,ct_state=+est-rel+rpl,ct_zone=1,ct_mark=0,{reg},actions=resubmit(,94)",
        f"table=72,priority=50,ct_state=-new-est+rel-inv,ct_zone=1,ct_mark=0,{reg},actions=resubmit(,94)",
        f"table=72,priority=40,ct_state=-est,{reg},actions=resubmit(,93)",
        f"table=72,priority=40,ip,ct_state=+est,{reg},actions={blocked}",
        f"table=73,priority=100,reg6=0x1,dl_dst={mac},actions={load},resubmit(,81)",
        f"table=73,priority=90,ip,ct_state=+new-est,{reg},actions=ct(commit,{zone}),resubmit(,91)",
        f"table=73,priority=80,{reg},actions=resubmit(,94)",
        f"table=81,priority=100,arp,{reg},actions=output:{number}",
        f"table=81,priority=95,udp,{reg},tp_src=67,tp_dst=68,actions=output:{number}",
        f"table=81,priority=90,ip,ct_state=-trk,{reg},actions=ct(table=82,{zone})",
        f"table=81,priority=80,ct_state=+trk,{reg},dl_dst={mac},actions=resubmit(,82)",
        "table=82,priority=50,ct_state=+inv+trk,actions=resubmit(,93)",
        f"table=82,priority=50,ct_mark=0x1,{reg},actions=resubmit(,93)",
        f"table=82,priority=50,ct_state=+est-rel+rpl,ct_zone=1,ct_mark=0,{reg},dl_dst={mac},actions=output:{number}",
        f"table=82,priority=50,ct_state=-new-est+rel-inv,ct_zone=1,ct_mark=0,{reg},dl_dst={mac},actions=output:{number}",
        f"table=82,priority=40,ct_state=-est,{reg},actions=resubmit(,93)",
        f"table=82,priority=40,ip,ct_state=+est,{reg},actions={blocked}",
    ]


def native(ssh: bool = True) -> list[str]:
    """br-int with the openvswitch firewall driver. ssh: tap2 takes TCP 22 from tap1's address group."""
    egress = [
        f"table=72,priority=74,ct_state=+est-rel-rpl,{kind},reg5=0x1,actions=resubmit(,73)"
        for kind in ("tcp", "udp", "icmp")
    ]
    egress += [
        f"table=72,priority=74,ct_state=+new-est,{kind},reg5=0x1,actions=resubmit(,73)"
        for kind in ("tcp", "udp", "icmp")
    ]
    ingress = [
        f"table=82,priority=70,ct_state=+est-rel-rpl,ip,reg6=0x1,nw_src={IP1},actions=conjunction(16,1/2)",
        f"table=82,priority=70,ct_state=+new-est,ip,reg6=0x1,nw_src={IP1},actions=conjunction(17,1/2)",
        "table=82,priority=70,conj_id=16,ct_state=+est-rel-rpl,ip,reg5=0x2,actions=output:2",
        "table=82,priority=70,conj_id=17,ct_state=+new-est,ip,reg5=0x2,"
        "actions=ct(commit,zone=NXM_NX_REG6[0..15]),output:2,resubmit(,92)",
    ]
    if ssh:
        for number, state in ((16, "+est-rel-rpl"), (17, "+new-est")):
            ingress.append(
                f"table=82,priority=70,ct_state={state},tcp,reg5=0x2,tp_dst=22,actions=conjunction({number},2/2)"
            )
    return [
        "table=0,priority=65535,vlan_tci=0x0fff/0x1fff,actions=drop",
        "table=0,priority=3,in_port=5,vlan_tci=0x0000/0x1fff,actions=mod_vlan_vid:2,resubmit(,60)",
        "table=0,priority=2,in_port=5,actions=drop",
        "table=0,priority=0,actions=resubmit(,60)",
        "table=23,priority=0,actions=drop",
        "table=24,priority=0,actions=drop",
        "table=60,priority=3,actions=NORMAL",
        *_port(1, VM1, IP1),
        *_port(2, VM2, IP2),
        "table=71,priority=0,actions=drop",
        "table=72,priority=0,actions=drop",
        "table=73,priority=0,actions=drop",
        "table=81,priority=0,actions=drop",
        "table=82,priority=0,actions=drop",
        "table=91,priority=1,actions=resubmit(,94)",
        "table=92,priority=0,actions=drop",
        "table=93,priority=0,actions=drop",
        "table=94,priority=1,actions=NORMAL",
        *egress,
        *ingress,
    ]


def load(rig: Rig, flows: list[str], responder: bool = True) -> None:
    rig.flows("br-int", flows, version="10")
    rig.flows("br-tun", br_tun(responder), version="10")
    rig.flows("br-ex", br_ex(), version="10")
    for port, mac in ((TAP1, VM1), (TAP2, VM2), (QR_PORT, QR), ("patch-tun", REMOTE)):
        rig.ask("fdb/add", "br-int", port, "1", mac)
