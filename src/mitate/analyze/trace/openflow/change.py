"""What actions do to the packet itself: fields set and moved, tags put on and taken off."""

from __future__ import annotations

from mitate.analyze.trace.openflow.actions import (
    Action,
    Clear,
    DecTtl,
    Group,
    Move,
    Output,
    OutputField,
    PopVlan,
    PushVlan,
    Put,
    Resubmit,
    SetVlan,
    Track,
)
from mitate.analyze.trace.openflow.fields import (
    ARP,
    ARP_SHA,
    ARP_THA,
    CT_LABEL,
    CT_MARK,
    CT_STATE,
    CT_ZONE,
    DL_DST,
    DL_SRC,
    DL_TYPE,
    IN_PORT,
    IPV4,
    METADATA,
    NW_DST,
    NW_PROTO,
    NW_SRC,
    NW_TTL,
    PKT_MARK,
    TAGGED,
    TCP_FLAGS,
    TP_DST,
    TP_SRC,
    TUN_DST,
    TUN_FLAGS,
    TUN_ID,
    TUN_SRC,
    VLAN,
    XX0,
    Key,
    fresh,
    value,
)
from mitate.analyze.trace.packet import Packet

PROTOCOLS = {"icmp": 1, "tcp": 6, "udp": 17}
_NAMES = {number: name for name, number in PROTOCOLS.items()}
_TCP = {"S": 0x02, "SA": 0x12, "A": 0x10, "PA": 0x18, "R": 0x04, "RA": 0x14, "F": 0x01, "FA": 0x11}


def key_of(packet: Packet, port: int) -> Key:
    """The key of a packet that comes in by a port."""
    key = fresh()
    key[IN_PORT] = port
    key[DL_SRC], key[DL_DST] = value(packet.smac), value(packet.dmac)
    key[VLAN] = 0 if packet.vlan is None else TAGGED | packet.vlan
    key[NW_SRC], key[NW_DST] = packet.src, packet.dst
    key[PKT_MARK] = packet.mark
    if packet.arp:
        key[DL_TYPE], key[NW_PROTO] = ARP, packet.arp
        key[ARP_SHA] = key[DL_SRC]
        key[ARP_THA] = key[DL_DST] if packet.arp == 2 else 0
        return key
    key[DL_TYPE], key[NW_TTL] = IPV4, packet.ttl
    protocol = PROTOCOLS.get(packet.proto)
    key[NW_PROTO] = protocol if protocol is not None else int(packet.proto)
    if protocol == 1:
        key[TP_SRC], key[TP_DST] = packet.icmp_type, packet.icmp_code
    elif protocol is not None or key[NW_PROTO] == 132:
        key[TP_SRC], key[TP_DST] = packet.sport, packet.dport
    if protocol == 6:
        key[TCP_FLAGS] = _TCP.get(packet.flags, 0x10)
    return key


_HEADERS = (
    DL_SRC,
    DL_DST,
    VLAN,
    DL_TYPE,
    NW_SRC,
    NW_DST,
    NW_PROTO,
    NW_TTL,
    TP_SRC,
    TP_DST,
    ARP_SHA,
    PKT_MARK,
)


def headers(key: Key) -> tuple[int, ...]:
    """What of a key is in the packet, for telling equal packets."""
    return tuple([key[slot] for slot in _HEADERS])


def packet_of(key: Key, like: Packet) -> Packet:
    """The packet a key stands for; size, TCP flags and what it carries stay as they were."""
    changes: dict[str, object] = {
        "smac": mac(key[DL_SRC]),
        "dmac": mac(key[DL_DST]),
        "vlan": key[VLAN] & 0xFFF if key[VLAN] & TAGGED else None,
        "src": key[NW_SRC],
        "dst": key[NW_DST],
        "mark": key[PKT_MARK],
    }
    if like.arp:
        return like.but(**changes, arp=key[NW_PROTO])
    changes["ttl"] = key[NW_TTL]
    if key[NW_PROTO] == 1:
        changes |= {"icmp_type": key[TP_SRC], "icmp_code": key[TP_DST]}
    elif key[NW_PROTO] in _NAMES:
        changes |= {"sport": key[TP_SRC], "dport": key[TP_DST]}
    return like.but(**changes)


def mac(number: int) -> str:
    """
    >>> mac(0xFA163E000001)
    'fa:16:3e:00:00:01'
    """
    text = f"{number:012x}"
    return ":".join(text[at : at + 2] for at in range(0, 12, 2))


def change(key: Key, action: Action) -> str:
    """Apply an action that only changes the packet. Tells what cannot be modelled, "" when all can."""
    if isinstance(action, Put):
        target = action.target
        if target.exists(key):
            target.write(key, (target.read(key) & ~action.mask) | action.value)
    elif isinstance(action, Move):
        if action.source.exists(key) and action.target.exists(key):
            action.target.write(key, action.source.read(key))
    elif isinstance(action, SetVlan):
        key[VLAN] = (key[VLAN] & ~action.mask) | action.bits
    elif isinstance(action, PopVlan):
        key[VLAN] = 0
    elif isinstance(action, PushVlan):
        if key[VLAN] & TAGGED:
            return "a second VLAN tag"
        key[VLAN] = TAGGED
    return ""


def untrack(key: Key) -> None:
    key[CT_STATE] = key[CT_ZONE] = key[CT_MARK] = key[CT_LABEL] = 0


def through_patch(key: Key, port: int) -> Key:
    """The key on the other side of a patch: registers, metadata, tunnel and tracking stay behind."""
    key = key.copy()
    key[IN_PORT] = port
    for slot in (METADATA, XX0, XX0 + 1, XX0 + 2, XX0 + 3, TUN_ID, TUN_SRC, TUN_DST, TUN_FLAGS):
        key[slot] = 0
    untrack(key)
    return key


def in_order(actions: list[Action]) -> list[Action]:
    """An action set, in the order in which OpenFlow runs it: pop, push, TTL, set fields, then one way out."""
    last: dict[type[Action], Action] = {}
    fields: list[Action] = []
    for action in actions:
        if isinstance(action, Clear):
            last, fields = {}, []
        elif isinstance(action, Put | SetVlan | Move):
            fields.append(action)
        else:
            last[type(action)] = action
    ordered = [last[kind] for kind in (PopVlan, PushVlan, DecTtl) if kind in last]
    way_out = (last[kind] for kind in (Group, Output, OutputField, Resubmit, Track) if kind in last)
    return [*ordered, *fields, *(action for action in (next(way_out, None),) if action)]
