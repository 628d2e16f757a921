"""A compute host as Neutron wires it, in a real switch: as ofproto/trace says it, and the right reasons."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import msgspec
import pytest

from mitate.analyze.trace.openflow import Crossing, Tracker, Tunnel
from mitate.analyze.trace.packet import BROADCAST, Packet, number
from mitate.model.ovs import OvsFdb, OvsFlow, OvsInterface, OvsPort
from mitate.model.source import Fact
from tests.trace.openflow import neutron
from tests.trace.openflow.compare import Probe, observed, predicted
from tests.trace.openflow.neutron import (
    FAR,
    GATEWAY,
    HERE,
    IP1,
    IP2,
    QR,
    QR_PORT,
    REMOTE,
    TAP1,
    TAP2,
    THERE,
    VM1,
    VM2,
    VNI,
)
from tests.trace.openflow.pipelines import STATES
from tests.trace.openflow.rig import HOST, Rig, switch

SSH = Packet(number(IP1), number(IP2), "tcp", 40000, 22, smac=VM1, dmac=VM2)
REPLY = Packet(number(IP2), number(IP1), "tcp", 22, 40000, flags="SA", smac=VM2, dmac=VM1)
OUT = Packet(number(IP1), number("198.51.100.7"), smac=VM1, dmac=QR)
FAR_AWAY = Packet(number(IP1), number(FAR), smac=VM1, dmac=REMOTE)
WHO_HAS = Packet(number(IP1), number(FAR), arp=1, smac=VM1, dmac=BROADCAST)
FROM_AFAR = Packet(number(FAR), number(GATEWAY), smac=REMOTE, dmac=QR)
TUNNEL = Tunnel(number(THERE), number(HERE), VNI, 4789, "vxlan")
VTEP = "vxlan-0a00010c"


@pytest.fixture(scope="module")
def wired(vswitchd: Rig) -> Rig:
    neutron.build(vswitchd)
    return vswitchd


def facts(rig: Rig, flows: list[str], responder: bool = True) -> list[Fact]:
    neutron.load(rig, flows, responder)
    return rig.facts()


@pytest.fixture(scope="module")
def native(wired: Rig) -> list[Fact]:
    return facts(wired, neutron.native())


@pytest.fixture(scope="module")
def hybrid(wired: Rig) -> list[Fact]:
    return facts(wired, neutron.hybrid())


def send(
    known: list[Fact], port: str, packet: Packet, tracker: Tracker | None = None, tunnel: Tunnel | None = None
) -> Crossing:
    return switch(known).receive(port, packet, tracker or Tracker(), tunnel)


def outs(crossing: Crossing) -> list[str]:
    return sorted(out.interface for out in crossing.outs)


@pytest.mark.parametrize("flows", [neutron.native(), neutron.native(ssh=False), neutron.hybrid()])
def test_the_switch_itself_agrees(wired: Rig, flows: list[str]) -> None:
    seen = switch(facts(wired, flows))
    ports, random = wired.ports(), Random(len(flows))
    macs, ips = [VM1, VM2, QR, REMOTE, BROADCAST], [IP1, IP2, GATEWAY, FAR]
    left = 0
    for _ in range(400):
        port = random.choice([TAP1, TAP1, TAP2, QR_PORT, "eth1", VTEP])
        packet = Packet(
            number(random.choice(ips)),
            number(random.choice(ips)),
            random.choice(["tcp", "udp", "icmp"]),
            random.choice([68, 67, 4000]),
            random.choice([22, 67, 68, 80]),
            arp=random.choice([0, 0, 0, 1, 2]),
            smac=random.choice(macs[:-1]),
            dmac=random.choice(macs),
        )
        key = (random.choice([VNI, VNI, 5]), number(THERE), number(HERE))
        probe = Probe(port, packet, tunnel=key if port == VTEP else None, states=random.choice(STATES))
        came, assumed = predicted(seen, probe)
        assert not assumed
        assert came == observed(wired, ports, seen, probe), probe
        left += bool(came)
    assert left > 100


def test_a_connection_there_and_back(native: list[Fact]) -> None:
    host, tracker = switch(native), Tracker()
    there = host.receive(TAP1, SSH, tracker)
    assert outs(there) == [TAP2]
    assert there.reason == ""
    assert [step.did for step in there.steps if step.kind == "conntrack_lookup"] == ["zone 1: +new+trk"]
    assert outs(host.receive(TAP2, REPLY, tracker)) == [TAP1]
    assert outs(host.receive(TAP1, SSH.but(flags="A"), tracker)) == [TAP2]
    assert host.receive(TAP2, REPLY, Tracker()).reason == "SG_CT_INVALID", "nobody asked"


def test_the_tunnel(native: list[Fact]) -> None:
    (out,) = send(native, TAP1, FAR_AWAY).outs
    assert out.interface == VTEP
    assert out.tunnel == Tunnel(number(THERE), number(HERE), VNI, 4789, "vxlan")
    assert out.packet.vlan is None
    assert switch(native).tunnel_port(TUNNEL) == VTEP
    assert switch(native).tunnel_port(msgspec.structs.replace(TUNNEL, remote=1)) is None
    assert outs(send(native, VTEP, FROM_AFAR, tunnel=TUNNEL)) == [QR_PORT]


def test_the_tunnel_is_learnt_from_what_came_through_it(native: list[Fact]) -> None:
    other = "fa:16:3e:00:00:77"
    host, tracker = switch(native), Tracker()
    asked = FROM_AFAR.but(smac=other)
    assert outs(host.receive(VTEP, asked, tracker, TUNNEL)) == [QR_PORT]
    back = Packet(number(GATEWAY), number(FAR), icmp_type=0, smac=QR, dmac=other)
    (out,) = host.receive(QR_PORT, back, tracker).outs
    assert out.interface == VTEP
    assert any("learnt on the way" in step.did for step in out.steps)


def test_the_arp_responder_answers(native: list[Fact]) -> None:
    answers = [out for out in send(native, TAP1, WHO_HAS).outs if out.packet.arp == 2]
    assert [(out.interface, out.packet.src, out.packet.smac) for out in answers] == [
        (TAP1, number(FAR), REMOTE)
    ]


def test_what_is_assumed_and_who_said_it(native: list[Fact]) -> None:
    denied = send(native, TAP1, SSH.but(dport=23))
    assert isinstance(denied.by, OvsFlow)
    assert (denied.by.bridge, denied.by.table) == ("br-int", 82)
    assert denied.steps[-1].reason == "SG_INGRESS_DENY"
    assert denied.steps[-1].because is not None
    assert not denied.assumptions


Change = Callable[[list[Fact]], list[Fact]]


def without(text: str, bridge: str = "br-int") -> Change:
    """Take away the flows of a bridge with that text in their match or actions."""

    def change(known: list[Fact]) -> list[Fact]:
        kept = [
            fact
            for fact in known
            if not (
                isinstance(fact, OvsFlow) and fact.bridge == bridge and text in f"{fact.match} {fact.actions}"
            )
        ]
        assert len(kept) < len(known)
        return kept

    return change


def edited(kind: type[Fact], name: str, **fields: object) -> Change:
    def change(known: list[Fact]) -> list[Fact]:
        return [
            msgspec.structs.replace(fact, **fields)
            if type(fact) is kind and getattr(fact, "name", "") == name
            else fact
            for fact in known
        ]

    return change


def flow(bridge: str, table: int, priority: int, match: str, actions: str) -> Change:
    def change(known: list[Fact]) -> list[Fact]:
        like = next(fact for fact in known if isinstance(fact, OvsFlow))
        new = OvsFlow(
            source=like.source, bridge=bridge, table=table, priority=priority, match=match, actions=actions
        )
        return [*known, new]

    return change


def same(known: list[Fact]) -> list[Fact]:
    return known


def learnt(mac: str, port: int) -> Change:
    def change(known: list[Fact]) -> list[Fact]:
        return [
            msgspec.structs.replace(fact, ofport=port)
            if isinstance(fact, OvsFdb) and fact.mac == mac
            else fact
            for fact in known
        ]

    return change


NATIVE: list[tuple[str, Change, str, Packet]] = [
    ("SG_INGRESS_DENY", same, TAP1, SSH.but(dport=23)),
    ("SG_INGRESS_DENY", without("reg5=0x2,tp_dst=22"), TAP1, SSH),
    ("SG_EGRESS_DENY", without("tcp,reg5=0x1"), TAP1, SSH),
    ("SG_CT_INVALID", same, TAP1, SSH.but(flags="SA")),
    ("PS_MAC_SPOOF", same, TAP1, SSH.but(smac="fa:16:3e:99:99:99")),
    ("PS_IP_SPOOF", same, TAP1, SSH.but(src=number("10.10.0.200"))),
    ("PS_ARP_SPOOF", same, TAP1, WHO_HAS.but(src=number("10.10.0.200"))),
    ("PS_DHCP_RA_SERVER", same, TAP1, Packet(number(IP1), number(IP2), "udp", 67, 68, smac=VM1, dmac=VM2)),
    ("OVS_TABLE_MISS", without("resubmit(,60)"), TAP1, SSH),
    ("OVS_STALE_OUTPUT", flow("br-int", 60, 200, f"dl_dst={QR}", "output:77"), TAP1, OUT),
    ("OVS_DEAD_VLAN", flow("br-int", 0, 2, "in_port=1", "drop"), TAP1, OUT),
    ("OVS_FLOW_DROP", flow("br-int", 0, 200, f"ip,nw_src={IP1}", "drop"), TAP1, OUT),
    ("OVS_FLOW_DROP", flow("br-int", 0, 2, "in_port=1,ip", "drop"), TAP1, OUT),
    ("OVS_FLOW_DROP", flow("br-int", 60, 200, f"dl_dst={QR}", "drop"), TAP1, OUT),
    ("OVS_FLOW_DROP", flow("br-tun", 20, 200, "", "drop"), TAP1, FAR_AWAY),
    ("OVS_PATCH_BROKEN", edited(OvsInterface, "patch-tun", options=(("peer", "gone"),)), TAP1, FAR_AWAY),
    ("TUN_REMOTE_MISSING", without("output:2", "br-tun"), TAP1, FAR_AWAY),
    ("OVS_OFPORT_INVALID", edited(OvsInterface, TAP1, ofport=-1, error="No such device"), TAP1, OUT),
]


@pytest.mark.parametrize(("code", "change", "port", "packet"), NATIVE)
def test_native_firewall(native: list[Fact], code: str, change: Change, port: str, packet: Packet) -> None:
    crossing = send(change(native), port, packet)
    assert (crossing.reason, outs(crossing)) == (code, []), crossing.says
    assert crossing.by is not None
    assert crossing.says


HYBRID: list[tuple[str, Change, str, Packet]] = [
    ("PS_MAC_SPOOF", same, TAP1, OUT.but(smac="fa:16:3e:99:99:99")),
    ("PS_ARP_SPOOF", same, TAP1, WHO_HAS.but(src=number("10.10.0.200"))),
    ("OVS_TABLE_MISS", without("NORMAL"), TAP1, OUT),
    ("BR_FDB_WRONG_PORT", learnt(QR, 1), TAP1, OUT),
]


@pytest.mark.parametrize(("code", "change", "port", "packet"), HYBRID)
def test_hybrid_plug(hybrid: list[Fact], code: str, change: Change, port: str, packet: Packet) -> None:
    crossing = send(change(hybrid), port, packet)
    assert (crossing.reason, outs(crossing)) == (code, []), crossing.says


def test_a_dead_port_and_a_lost_tag(hybrid: list[Fact]) -> None:
    dead = edited(OvsPort, TAP1, tag=4095)(hybrid)
    assert send(dead, TAP1, FAR_AWAY).reason == "OVS_DEAD_VLAN"
    lost = edited(OvsPort, TAP1, tag=None)(hybrid)
    crossing = send(lost, TAP1, FAR_AWAY)
    assert VTEP not in outs(crossing)
    for known, code in ((dead, "OVS_DEAD_VLAN"), (lost, "OVS_TAG_LOST")):
        fault = switch(known).fault(TAP1)
        assert fault is not None
        assert fault.code == code
    assert switch(hybrid).fault(TAP1) is None


def test_a_vlan_that_the_other_bridge_does_not_know(hybrid: list[Fact]) -> None:
    crossing = send(hybrid, "eth1", Packet(1, 2, smac=QR, dmac=VM1, vlan=9))
    assert outs(crossing) == ["br-ex"], "it is flooded"
    assert [dead.code for dead in crossing.dead] == ["OVS_LVID_MISMATCH"]


def test_a_tunnel_key_that_no_network_has(hybrid: list[Fact]) -> None:
    crossing = send(hybrid, VTEP, FROM_AFAR, tunnel=msgspec.structs.replace(TUNNEL, key=99))
    assert crossing.reason == "TUN_VNI_MISMATCH"


def test_what_is_not_modelled_is_said(hybrid: list[Fact]) -> None:
    odd = flow("br-int", 60, 100, f"dl_dst={QR}", "push_mpls:0x8847,output:2")(hybrid)
    crossing = send(odd, TAP1, OUT)
    assert crossing.reason == "INSUFFICIENT_INFO_TABLE"
    assert "push_mpls" in crossing.assumptions[0]
    doubtful = flow("br-int", 60, 100, f"nsh_spi=5,dl_dst={QR}", "drop")(hybrid)
    crossing = send(doubtful, TAP1, OUT)
    assert outs(crossing) == [QR_PORT]
    assert "nsh_spi=5" in crossing.assumptions[0]


def test_flows_that_nobody_saw(hybrid: list[Fact]) -> None:
    blind = switch(hybrid)
    blind.seen = False
    assert blind.receive(TAP1, OUT, Tracker()).reason == "INSUFFICIENT_INFO_TABLE"


def test_the_host_is_the_one_that_was_asked(hybrid: list[Fact]) -> None:
    assert {fact.source.host for fact in hybrid} == {HOST}
