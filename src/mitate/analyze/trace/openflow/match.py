"""The match of a flow, compiled: which bits of a packet's key must have which values."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import msgspec

from mitate.analyze.trace.openflow.fields import (
    ARP,
    DL_TYPE,
    FIELDS,
    IN_PORT,
    IPV4,
    NW_PROTO,
    NW_TOS,
    PORTS,
    RARP,
    TAGGED,
    VLAN,
    flags,
    masked,
    value,
)

Test = tuple[int, int, int]
"""(slot, mask, value): the packet's bits of that slot, masked, must be the value."""


class Match(msgspec.Struct, frozen=True):
    """tests: in the order of slots, one a slot. unknown: words that are not modelled.

    never: no IPv4 or ARP packet is like that (an IPv6 flow, or one that contradicts itself).
    """

    tests: tuple[Test, ...]
    unknown: tuple[str, ...] = ()
    never: bool = False

    def holds(self, key: list[int]) -> bool:
        return not self.never and all(key[slot] & mask == want for slot, mask, want in self.tests)


_IP = ((DL_TYPE, 0xFFFF, IPV4),)
_OTHER = ((DL_TYPE, 0xFFFF, 0x86DD),)
_PROTOCOLS: Mapping[str, tuple[Test, ...]] = {
    "eth": (),
    "ip": _IP,
    "icmp": (*_IP, (NW_PROTO, 0xFF, 1)),
    "tcp": (*_IP, (NW_PROTO, 0xFF, 6)),
    "udp": (*_IP, (NW_PROTO, 0xFF, 17)),
    "sctp": (*_IP, (NW_PROTO, 0xFF, 132)),
    "arp": ((DL_TYPE, 0xFFFF, ARP),),
    "rarp": ((DL_TYPE, 0xFFFF, RARP),),
    **dict.fromkeys(("ipv6", "icmp6", "tcp6", "udp6", "sctp6"), _OTHER),
    "mpls": ((DL_TYPE, 0xFFFF, 0x8847),),
    "mplsm": ((DL_TYPE, 0xFFFF, 0x8848),),
}
_FRAGMENTS = {"no": True, "not_later": True, "yes": False, "first": False, "later": False}
"""Does a whole packet match? Fragments are not walked."""


@lru_cache(65536)
def _word(word: str) -> tuple[Test, ...] | bool | None:
    """What one word of a match tests. None: not modelled. False: no packet that is walked has it."""
    name, equals, text = word.partition("=")
    if not equals:
        if name == "ip_frag":
            return False
        return _PROTOCOLS.get(name)
    if name in ("nw_frag", "ip_frag"):
        if text not in _FRAGMENTS:
            raise ValueError(f"not a kind of fragment: {text[:20]}")
        return () if _FRAGMENTS[text] else False
    if name == "dl_vlan":
        wanted = value(text)
        if wanted == 0xFFFF:  # OpenFlow 1.0: no tag at all
            return ((VLAN, 0xFFFF, 0),)
        return ((VLAN, 0x1FFF, TAGGED | (wanted & 0xFFF)),)
    if name in ("dl_vlan_pcp", "vlan_pcp"):
        return ((VLAN, 0xF000, TAGGED | (value(text) & 7) << 13),)
    if name == "nw_tos":
        return ((NW_TOS, 0xFC, value(text) & 0xFC),)
    if name in ("ct_state", "tcp_flags", "tun_flags"):
        found, mask = flags(name, text)
        return ((FIELDS[name].slot, mask, found),)
    field = FIELDS.get(name)
    if field is None:
        return None
    if field.needs == "never":
        return False
    found, mask = masked(text, field.width)
    return ((field.slot, mask << field.shift, found << field.shift),) if mask else ()


def words(text: str) -> list[str]:
    """The words of a match, split at commas outside of quotes and brackets."""
    if '"' not in text and "(" not in text:
        return [word for word in text.split(",") if word]
    found, start, depth, quoted = [], 0, 0, False
    for at, char in enumerate(text):
        if char == '"':
            quoted = not quoted
        elif quoted:
            continue
        elif char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
        elif char == "," and depth <= 0:
            found.append(text[start:at])
            start = at + 1
    return [word for word in (*found, text[start:]) if word]


def match(text: str, ports: Mapping[str, int] = {}) -> Match:
    """Compile the match of a flow, as ``ovs-ofctl dump-flows`` writes it.

    ports: numbers by name. Raises ValueError for a value that is none.

    >>> match("ip,in_port=5,bogus=1")
    Match(tests=((0, 65535, 5), (3, 65535, 2048)), unknown=('bogus=1',), never=False)
    """
    tests: dict[int, tuple[int, int]] = {}
    unknown: list[str] = []
    never = False
    for word in words(text.replace(" ", "")):
        found: tuple[Test, ...] | bool | None
        if word.startswith("in_port="):
            port = port_number(word[8:], ports)
            found = False if port is None else ((IN_PORT, 0xFFFF, port),)
        else:
            found = _word(word)
        if found is None:
            unknown.append(word[:100])
            continue
        if isinstance(found, bool):
            never = True
            continue
        for slot, mask, want in found:
            old_mask, old = tests.get(slot, (0, 0))
            if (old ^ want) & old_mask & mask:
                never = True
            tests[slot] = (old_mask | mask, old | want)
    kind = tests.get(DL_TYPE, (0, 0))
    return Match(
        tuple((slot, mask, want) for slot, (mask, want) in sorted(tests.items()) if mask),
        tuple(unknown),
        never or (kind[0] == 0xFFFF and kind[1] not in (IPV4, ARP, RARP)),
    )


def port_number(text: str, ports: Mapping[str, int]) -> int | None:
    """The number of a port named by number, reserved name or interface; None for a name nobody has."""
    if text.isdecimal() and text.isascii():
        if len(text) > 10:
            raise ValueError(f"not a port: {text[:40]}")
        return int(text) & 0xFFFF
    bare = text.strip('"')
    return PORTS.get(text.upper(), ports.get(bare))
