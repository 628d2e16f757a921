"""One packet through the evaluator and through ofproto/trace: do both put the same out of the same ports?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mitate.analyze.trace.openflow import Switch, Tracker
from mitate.analyze.trace.openflow.change import key_of, mac, packet_of
from mitate.analyze.trace.openflow.fields import (
    ARP_SHA,
    ARP_THA,
    CT_BITS,
    CT_MARK,
    DL_DST,
    DL_SRC,
    DL_TYPE,
    IN_PORT,
    IPV4,
    NW_DST,
    NW_PROTO,
    NW_SRC,
    NW_TOS,
    NW_TTL,
    PKT_MARK,
    TAGGED,
    TCP_FLAGS,
    TP_DST,
    TP_SRC,
    TUN_DST,
    TUN_ID,
    TUN_SRC,
    VLAN,
    Key,
)
from mitate.analyze.trace.openflow.run import Run
from mitate.analyze.trace.openflow.tables import Rule
from mitate.analyze.trace.openflow.tracker import Connection, Tracked
from mitate.analyze.trace.packet import Packet, ip
from tests.trace.openflow.datapath import Came, Datapath, Header
from tests.trace.openflow.rig import HOST, Rig

TUNNELS = ("vxlan", "gre", "geneve")


@dataclass(frozen=True)
class Probe:
    """A packet at a port. states: what every ct says of it, as --ct-next takes it."""

    interface: str
    packet: Packet
    tos: int = 0
    tunnel: tuple[int, int, int] | None = None
    """(key, sender, this host)"""
    states: str = "trk,new"
    mark: int = 0
    """ct_mark of its connection; ofproto/trace takes it from the packet, and a patch takes it from that."""


class Dictated(Tracker):
    """Says of every packet what it was told to, as ofproto/trace does, and learns nothing."""

    def __init__(self, states: str, mark: int = 0) -> None:
        super().__init__()
        self._state = sum(CT_BITS[word] for word in states.split(","))
        self._connection = Connection(("", 0, 0, 0, 0), ("", 0, 0, 0, 0), mark=mark)

    def look(self, host: str, zone: int, packet: Packet) -> Tracked:
        return Tracked(self._state, self._connection)

    def commit(self, host: str, zone: int, packet: Packet, tracked: Tracked, force: bool = False) -> Tracked:
        return tracked

    def learn(self, host: str, bridge: str, table: int, rule: Rule) -> None:
        pass

    def saw(self, host: str, bridge: str, address: int, port: int) -> None:
        pass


def key(switch: Switch, probe: Probe) -> Key:
    bridge = switch.bridge_of(probe.interface)
    assert bridge
    number = bridge.interfaces[probe.interface].number
    assert number is not None
    made = key_of(probe.packet, number)
    made[NW_TOS] = probe.tos if not probe.packet.arp else 0
    made[CT_MARK] = probe.mark
    if probe.tunnel:
        made[TUN_ID], made[TUN_SRC], made[TUN_DST] = probe.tunnel
    return made


def predicted(switch: Switch, probe: Probe) -> tuple[list[Came], list[str]]:
    """What the evaluator says: (what comes out, what it assumed)."""
    bridge = switch.bridge_of(probe.interface)
    assert bridge
    run = Run(HOST, switch._peer, probe.packet, Dictated(probe.states, probe.mark))
    run.go(bridge, key(switch, probe))
    came: list[Came] = []
    for way in run.left:
        header = headers(way.key)
        name = way.port.name
        if way.port.fact.type in TUNNELS:
            name = ""
            header["tunnel"] = (way.key[TUN_DST], way.key[TUN_SRC], way.key[TUN_ID])
        came.append((name, tuple(sorted(header.items(), key=lambda pair: pair[0]))))
        packet_of(way.key, probe.packet)
    endless = [death.says for death in run.deaths if death.kind == "loop"]
    return sorted(came, key=repr), [*run.assumptions, *endless]


def headers(made: Key) -> Header:
    header: dict[str, Any] = {
        "src": made[DL_SRC],
        "dst": made[DL_DST],
        "vlan": made[VLAN] & 0xFFF if made[VLAN] & TAGGED else None,
        "mark": made[PKT_MARK],
    }
    if made[DL_TYPE] != IPV4:
        header |= {"arp_sip": made[NW_SRC], "arp_tip": made[NW_DST], "arp_op": made[NW_PROTO] & 0xFF}
        return header | {"arp_sha": made[ARP_SHA], "arp_tha": made[ARP_THA]}
    header |= {"ip_src": made[NW_SRC], "ip_dst": made[NW_DST], "ip_ttl": made[NW_TTL], "ip_tos": made[NW_TOS]}
    if made[NW_PROTO] == 1:
        return header | {"icmp_type": made[TP_SRC], "icmp_code": made[TP_DST]}
    return header | {"l4_src": made[TP_SRC], "l4_dst": made[TP_DST]}


def observed(rig: Rig, ports: dict[int, str], switch: Switch, probe: Probe) -> list[Came]:
    """What the switch itself says."""
    made = key(switch, probe)
    bridge = switch.bridge_of(probe.interface)
    assert bridge
    passes = rig.trace(bridge.name, flow(made), [probe.states] * 12)
    size = (28 if probe.packet.arp else probe.packet.size) + 14
    return Datapath(passes, ports, size).run(headers(made))


def flow(made: Key) -> str:
    """The packet as ofproto/trace takes it."""
    words = [
        f"in_port={made[IN_PORT] if made[IN_PORT] != 0xFFFE else 'LOCAL'}",
        f"dl_src={mac(made[DL_SRC])}",
        f"dl_dst={mac(made[DL_DST])}",
        f"pkt_mark={made[PKT_MARK]}",
    ]
    if made[CT_MARK]:
        words.append(f"ct_mark={made[CT_MARK]}")
    if made[VLAN] & TAGGED:
        words.append(f"dl_vlan={made[VLAN] & 0xFFF}")
    if made[TUN_DST]:
        words.append(f"tun_id={made[TUN_ID]},tun_src={ip(made[TUN_SRC])},tun_dst={ip(made[TUN_DST])}")
    if made[DL_TYPE] != IPV4:
        words.append(f"arp,arp_spa={ip(made[NW_SRC])},arp_tpa={ip(made[NW_DST])},arp_op={made[NW_PROTO]}")
        words.append(f"arp_sha={mac(made[ARP_SHA])},arp_tha={mac(made[ARP_THA])}")
        return ",".join(words)
    words.append({1: "icmp", 6: "tcp", 17: "udp"}[made[NW_PROTO]])
    words.append(f"nw_src={ip(made[NW_SRC])},nw_dst={ip(made[NW_DST])}")
    words.append(f"nw_ttl={made[NW_TTL]},nw_tos={made[NW_TOS] & 0xFC},nw_ecn={made[NW_TOS] & 3}")
    if made[NW_PROTO] == 1:
        words.append(f"icmp_type={made[TP_SRC]},icmp_code={made[TP_DST]}")
    else:
        name = "tcp" if made[NW_PROTO] == 6 else "udp"
        words.append(f"{name}_src={made[TP_SRC]},{name}_dst={made[TP_DST]}")
    if made[NW_PROTO] == 6:
        words.append(f"tcp_flags=0x{made[TCP_FLAGS]:x}")
    return ",".join(words)
