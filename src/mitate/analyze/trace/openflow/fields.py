"""The fields of a packet as Open vSwitch sees them: which there are, where they stand, and when they exist.

A packet in the switch is a ``Key``: a list of numbers, one for each slot. A field is some bits of a slot, so
that NXM_NX_REG1, OXM_OF_PKT_REG0 and NXM_NX_XXREG0 are views of the same bits. Names, widths and the
conditions on which a field exists are those of ovs-fields(7).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

import msgspec

from mitate.analyze.trace.packet import number

Key = list[int]

SLOTS = 31
(
    IN_PORT,
    DL_SRC,
    DL_DST,
    DL_TYPE,
    VLAN,
    NW_SRC,
    NW_DST,
    NW_PROTO,
    NW_TOS,
    NW_TTL,
    TP_SRC,
    TP_DST,
    ARP_SHA,
    ARP_THA,
    TCP_FLAGS,
    TUN_ID,
    TUN_SRC,
    TUN_DST,
    TUN_FLAGS,
    METADATA,
    XX0,
    XX1,
    XX2,
    XX3,
    PKT_MARK,
    CT_STATE,
    CT_ZONE,
    CT_MARK,
    CT_LABEL,
    CONJ_ID,
    NOTHING,
) = range(SLOTS)
"""Slots of a key. VLAN holds the TCI: bit 12 says that there is a tag. ARP's addresses and operation stand
where IP's addresses and protocol do, and ICMP's type and code where the ports do, as in Open vSwitch.
NOTHING is always 0: fields that no IPv4 or ARP packet has."""

TAGGED = 0x1000
IPV4, ARP, RARP = 0x0800, 0x0806, 0x8035

PORTS = {
    "IN_PORT": 0xFFF8,
    "TABLE": 0xFFF9,
    "NORMAL": 0xFFFA,
    "FLOOD": 0xFFFB,
    "ALL": 0xFFFC,
    "CONTROLLER": 0xFFFD,
    "LOCAL": 0xFFFE,
    "NONE": 0xFFFF,
    "ANY": 0xFFFF,
    "UNSET": 0xFFF7,
}
"""Reserved port numbers of OpenFlow, in 16 bits."""

CT_BITS = {"new": 1, "est": 2, "rel": 4, "rpl": 8, "inv": 16, "trk": 32, "snat": 64, "dnat": 128}
TCP_BITS = {"fin": 1, "syn": 2, "rst": 4, "psh": 8, "ack": 16, "urg": 32, "ece": 64, "cwr": 128, "ns": 256}
_TUN_BITS = {"df": 1, "csum": 2, "key": 4, "oam": 8}
_BITS = {"ct_state": CT_BITS, "tcp_flags": TCP_BITS, "tun_flags": _TUN_BITS}


class Field(msgspec.Struct, frozen=True):
    """Some bits of a slot. needs: what a packet must be for the field to exist, see ``exists``."""

    slot: int
    shift: int
    width: int
    needs: str = ""

    @property
    def mask(self) -> int:
        return (1 << self.width) - 1

    def read(self, key: Key) -> int:
        return (key[self.slot] >> self.shift) & self.mask

    def write(self, key: Key, value: int) -> None:
        bits = self.mask << self.shift
        key[self.slot] = (key[self.slot] & ~bits) | ((value << self.shift) & bits)

    def exists(self, key: Key) -> bool:
        """Does the packet have this field? Open vSwitch leaves those alone that it has not."""
        return not self.needs or _EXISTS[self.needs](key)

    def part(self, low: int, high: int) -> Field:
        """The bits low to high of the field, both counted in. Raises ValueError when it has fewer."""
        if not 0 <= low <= high < self.width:
            raise ValueError(f"no bits {low}..{high} in a field of {self.width}")
        return Field(self.slot, self.shift + low, high - low + 1, self.needs)


_EXISTS: Mapping[str, Callable[[Key], bool]] = {
    "vlan": lambda key: bool(key[VLAN] & TAGGED),
    "ip": lambda key: key[DL_TYPE] == IPV4,
    "arp": lambda key: key[DL_TYPE] in (ARP, RARP),
    "tcp": lambda key: key[DL_TYPE] == IPV4 and key[NW_PROTO] == 6,
    "udp": lambda key: key[DL_TYPE] == IPV4 and key[NW_PROTO] == 17,
    "sctp": lambda key: key[DL_TYPE] == IPV4 and key[NW_PROTO] == 132,
    "icmp": lambda key: key[DL_TYPE] == IPV4 and key[NW_PROTO] == 1,
    "never": lambda _: False,
}


def _fields() -> dict[str, Field]:
    never = Field(NOTHING, 0, 128, "never")
    found = {
        "in_port in_port_oxm": Field(IN_PORT, 0, 16),
        "eth_src dl_src": Field(DL_SRC, 0, 48),
        "eth_dst dl_dst": Field(DL_DST, 0, 48),
        "eth_type dl_type": Field(DL_TYPE, 0, 16),
        "vlan_tci": Field(VLAN, 0, 16),
        "vlan_vid": Field(VLAN, 0, 13),
        "dl_vlan": Field(VLAN, 0, 12),
        "vlan_pcp dl_vlan_pcp": Field(VLAN, 13, 3, "vlan"),
        "ip_src nw_src": Field(NW_SRC, 0, 32, "ip"),
        "ip_dst nw_dst": Field(NW_DST, 0, 32, "ip"),
        "ip_proto nw_proto": Field(NW_PROTO, 0, 8, "ip"),
        "ip_tos nw_tos": Field(NW_TOS, 0, 8, "ip"),
        "ip_dscp": Field(NW_TOS, 2, 6, "ip"),
        "ip_ecn nw_ecn": Field(NW_TOS, 0, 2, "ip"),
        "ip_ttl nw_ttl": Field(NW_TTL, 0, 8, "ip"),
        "arp_op": Field(NW_PROTO, 0, 16, "arp"),
        "arp_spa": Field(NW_SRC, 0, 32, "arp"),
        "arp_tpa": Field(NW_DST, 0, 32, "arp"),
        "arp_sha": Field(ARP_SHA, 0, 48, "arp"),
        "arp_tha": Field(ARP_THA, 0, 48, "arp"),
        "tp_src": Field(TP_SRC, 0, 16, "ip"),
        "tp_dst": Field(TP_DST, 0, 16, "ip"),
        "icmp_type icmpv4_type": Field(TP_SRC, 0, 8, "icmp"),
        "icmp_code icmpv4_code": Field(TP_DST, 0, 8, "icmp"),
        "tcp_flags": Field(TCP_FLAGS, 0, 16, "tcp"),
        "tun_id tunnel_id": Field(TUN_ID, 0, 64),
        "tun_src tun_ipv4_src": Field(TUN_SRC, 0, 32),
        "tun_dst tun_ipv4_dst": Field(TUN_DST, 0, 32),
        "tun_flags": Field(TUN_FLAGS, 0, 16),
        "metadata": Field(METADATA, 0, 64),
        "pkt_mark": Field(PKT_MARK, 0, 32),
        "ct_state": Field(CT_STATE, 0, 32),
        "ct_zone": Field(CT_ZONE, 0, 16),
        "ct_mark": Field(CT_MARK, 0, 32),
        "ct_label": Field(CT_LABEL, 0, 128),
        "conj_id": Field(CONJ_ID, 0, 32),
        "ipv6_src ipv6_dst ipv6_label nd_target nd_sll nd_tll icmpv6_type icmpv6_code nd_reserved": never,
        "mpls_label mpls_tc mpls_bos mpls_ttl tun_ipv6_src tun_ipv6_dst ct_ipv6_src ct_ipv6_dst": never,
    }
    for protocol in ("tcp", "udp", "sctp"):
        found[f"{protocol}_src"] = Field(TP_SRC, 0, 16, protocol)
        found[f"{protocol}_dst"] = Field(TP_DST, 0, 16, protocol)
    for n in range(16):
        found[f"reg{n}"] = Field(XX0 + n // 4, 96 - n % 4 * 32, 32)
    for n in range(8):
        found[f"xreg{n} pkt_reg{n}"] = Field(XX0 + n // 2, 64 - n % 2 * 64, 64)
    for n in range(4):
        found[f"xxreg{n}"] = Field(XX0 + n, 0, 128)
    return {name: field for names, field in found.items() for name in names.split()}


FIELDS = _fields()
_PREFIX = re.compile(r"(?:NXM_OF_|NXM_NX_|OXM_OF_)(\w+)")
_BRACKET = re.compile(r"\[(?:(\d{1,3})(?:\.\.(\d{1,3}))?)?\]")


@lru_cache(4096)
def field(text: str) -> Field:
    """The field of a name, with or without bits: ``reg6[0..15]``, ``NXM_OF_VLAN_TCI[]``, ``ip_src``.

    Raises ValueError for one that is not known.

    >>> field("NXM_NX_REG1[0..15]") == field("OXM_OF_PKT_REG0[0..15]") == field("xxreg0[64..79]")
    True
    """
    name, bracket, bits = text.partition("[")
    if prefixed := _PREFIX.fullmatch(name):
        name = prefixed[1].lower()
    found = FIELDS.get(name)
    if found is None:
        raise ValueError(f"the field {name[:40]} is not modelled")
    if not bracket:
        return found
    asked = _BRACKET.fullmatch(bracket + bits)
    if not asked:
        raise ValueError(f"not bits of a field: {text[:60]}")
    if asked[1] is None:
        return found
    return found.part(int(asked[1]), int(asked[2] or asked[1]))


@lru_cache(65536)
def value(text: str) -> int:
    """A number, an IPv4 or a MAC address. Raises ValueError for anything else, and for negative numbers.

    >>> value("0x1f"), value("10.0.0.1") == 10 << 24 | 1, value("00:00:00:00:01:00")
    (31, True, 256)
    """
    if text.count(":") == 5:
        parts = text.split(":")
        if not all(re.fullmatch("[0-9a-fA-F]{1,2}", part) for part in parts):
            raise ValueError(f"not a MAC address: {text[:40]}")
        return int("".join(part.zfill(2) for part in parts), 16)
    if text.count(".") == 3:
        return number(text)
    if not re.fullmatch(r"0[xX][0-9a-fA-F]{1,32}|\d{1,20}", text, re.ASCII):
        raise ValueError(f"not a value: {text[:40]}")
    return int(text, 16 if text[1:2] in ("x", "X") else 10)


def masked(text: str, width: int) -> tuple[int, int]:
    """(value, mask) of ``VALUE`` or ``VALUE/MASK``; the mask of an address may be a prefix's length.

    >>> masked("10.1.2.3/8", 32) == (10 << 24, 0xFF000000)
    True
    """
    left, slash, right = text.partition("/")
    full = (1 << width) - 1
    if not slash:
        mask = full
    elif left.count(".") == 3 and right.isdecimal() and right.isascii() and len(right) <= 2:
        if int(right) > 32:
            raise ValueError(f"not a prefix length: {text[:40]}")
        mask = full & ~((1 << (32 - int(right))) - 1)
    else:
        mask = value(right)
    found = value(left)
    if found > full or mask > full:
        raise ValueError(f"more than {width} bits: {text[:40]}")
    return found & mask, mask


def flags(name: str, text: str) -> tuple[int, int]:
    """(value, mask) of ``+est-rel`` for ct_state, tcp_flags and tun_flags; a number is taken too.

    >>> flags("ct_state", "+trk-new")
    (32, 33)
    """
    bits = _BITS[name]
    if text[:1] not in ("+", "-"):
        if "|" in text or text in bits:
            found = sum(bits.get(word, 1 << 40) for word in text.split("|"))
            if found >= 1 << 40:
                raise ValueError(f"not flags of {name}: {text[:40]}")
            return found, FIELDS[name].mask
        return masked(text, FIELDS[name].width)
    words = re.findall(r"([+-])([a-z]+)", text)
    if "".join(sign + word for sign, word in words) != text:
        raise ValueError(f"not flags of {name}: {text[:40]}")
    found = mask = 0
    for sign, word in words:
        if word not in bits:
            raise ValueError(f"{name} has no flag {word[:20]}")
        mask |= bits[word]
        found |= bits[word] if sign == "+" else 0
    return found, mask


def fresh() -> Key:
    return [0] * SLOTS
