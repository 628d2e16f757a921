"""The packet on its way, as headers. Addresses are integers, which compare and mask fast."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address

import msgspec

BROADCAST = "ff:ff:ff:ff:ff:ff"
NOTHING = "00:00:00:00:00:00"
OUTSIDE = "02:00:00:00:00:00"
"""Stands for the MAC of whoever is out there (an upstream router, a client); locally administered."""

VXLAN_BYTES, GRE_BYTES, KEY_BYTES, GENEVE_BYTES = 50, 38, 4, 58
"""What a tunnel over IPv4 puts around an inner IP packet: 14 Ethernet and 20 IP; VXLAN 8 and UDP 8; GRE 4,
and 4 more for its key; Geneve as VXLAN, with the 8 of the one option that OVN uses."""

DRAWN = 1 << 16
"""Stands for a port, or an ICMP identifier, that address translation draws by chance (--random-fully)."""

ECHO_REQUEST, ECHO_REPLY, UNREACHABLE, TIME_EXCEEDED = 8, 0, 3, 11
FRAG_NEEDED = 4
"""ICMP types, and the code of UNREACHABLE that says "fragmentation needed"."""


class Packet(msgspec.Struct, frozen=True):
    """An IPv4 packet, or an ARP one (``arp`` 1 request, 2 reply: src/dst are then spa/tpa, size is ignored).

    sport, dport: of TCP and UDP; for ICMP echo sport is the identifier. flags: of TCP: S, SA, A, R.
    size: bytes at layer 3. mark: of the skb, in this namespace. vlan: 802.1Q tag on the wire, None untagged.
    """

    src: int
    dst: int
    proto: str = "icmp"
    """icmp, tcp, udp, or the number as text"""
    sport: int = 0
    dport: int = 0
    icmp_type: int = ECHO_REQUEST
    icmp_code: int = 0
    flags: str = "S"
    size: int = 84
    df: bool = True
    ttl: int = 64
    smac: str = NOTHING
    dmac: str = NOTHING
    vlan: int | None = None
    mark: int = 0
    arp: int = 0
    inner: Packet | None = None
    """What an ICMP error quotes, or what a tunnel carries."""
    vni: int | None = None
    """Of a VXLAN (``inner`` is then the frame carried) or the key of GRE."""

    def but(self, **changes: object) -> Packet:
        """The same with some fields changed."""
        return msgspec.structs.replace(self, **changes)

    def tuple5(self) -> tuple[str, int, int, int, int]:
        """(proto, src, dst, sport, dport), the key of connection tracking; ICMP echo: dport is 0."""
        return (self.proto, self.src, self.dst, self.sport, self.dport)

    def __str__(self) -> str:
        if self.arp:
            said = f"who has {ip(self.dst)}" if self.arp == 1 else f"{ip(self.src)} is at {self.smac}"
            return f"ARP {said}"
        ports = self.proto in ("tcp", "udp")
        left = f"{ip(self.src)}:{port(self.sport)}" if ports else ip(self.src)
        right = f"{ip(self.dst)}:{port(self.dport)}" if ports else ip(self.dst)
        return f"{self.proto} {left} → {right}"


def port(number: int) -> str:
    """A port as a person writes it; a star for one that nobody knows."""
    return str(number) if 0 < number < DRAWN else "*"


@lru_cache(65536)
def ip(number: int) -> str:
    """An address as a person writes it.

    >>> ip(3405803927)
    '203.0.113.151'
    """
    return str(IPv4Address(number))


@lru_cache(65536)
def number(address: str) -> int:
    """An IPv4 address as a number. Raises ValueError for anything else, IPv6 too.

    >>> number("203.0.113.151")
    3405803927
    """
    return int(IPv4Address(address))


@lru_cache(65536)
def network(cidr: str) -> tuple[int, int, int]:
    """(address, mask, prefix length) of "10.0.0.0/24", "10.0.0.1", "0/0" or "default". Raises ValueError.

    >>> network("10.0.0.5/8") == (10 << 24, 0xFF000000, 8)
    True
    """
    if cidr in ("default", "0/0", "any"):
        return (0, 0, 0)
    address, _, length = cidr.partition("/")
    if "." in length:
        mask = number(length)
        prefix = mask.bit_count()
    else:
        prefix = int(length) if length else 32
        if not 0 <= prefix <= 32:
            raise ValueError(f"not a prefix length: {cidr}")
        mask = (0xFFFFFFFF << (32 - prefix)) & 0xFFFFFFFF
    return (number(address) & mask, mask, prefix)
