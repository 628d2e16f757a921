"""What a captured frame is of ours: a request, the reply to it, or an ICMP error about one of them.

Every probe carries a cookie in its payload, which NAT and tunnels leave alone. TCP's answer carries none: its
acknowledgement number names the probe.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

REQUEST, REPLY, ERROR = "request", "reply", "error"
_UNDERLAY = bytes((10, 0, 1))
_ARP, _IP = b"\x08\x06", b"\x08\x00"


class Ours(NamedTuple):
    """what: request, reply or error. about: of an error, what it is about. probe: its number.

    src, dst: at the innermost layer 3. icmp: (type, code) of an error. reset: a TCP reply that refuses.
    """

    what: str
    probe: int
    src: bytes
    dst: bytes
    ttl: int
    tunnelled: bool = False
    icmp: tuple[int, int] = (0, 0)
    about: str = ""
    reset: bool = False


def is_arp(frame: bytes) -> bool:
    return frame[12:14] == _ARP


def read(frame: bytes, magic: bytes) -> Ours | None:
    """An Ethernet frame. None when it is none of ours."""
    if len(frame) < 34 or frame[12:14] != _IP:
        return None
    packet = frame[14:]
    head = (packet[0] & 15) * 4
    outer = packet[9] == 17 and packet[12:15] == _UNDERLAY and packet[16:19] == _UNDERLAY
    if outer:
        inner = read(packet[head + 16 :], magic)
        return inner._replace(tunnelled=True) if inner else None
    return read_packet(packet, magic)


def read_packet(packet: bytes, magic: bytes) -> Ours | None:
    """The same of an IPv4 packet."""
    if len(packet) < 28 or packet[6] & 31 or packet[7]:  # a later fragment says nothing
        return None
    head = (packet[0] & 15) * 4
    proto, ttl, src, dst, body = packet[9], packet[8], packet[12:16], packet[16:20], packet[head:]
    if proto == 1 and body[0] in (3, 5, 11, 12):
        quoted = read_packet(body[8:] + bytes(28), magic)
        if quoted is None:
            return None
        return Ours(ERROR, quoted.probe, src, dst, ttl, icmp=(body[0], body[1]), about=quoted.what)
    if proto == 6:
        return _tcp(body, src, dst, ttl, magic)
    found = body.find(magic, 0, 64)
    if found < 0 or found + 10 > len(body):
        return None
    probe, mark = body[found + 8], body[found + 9]
    reply = body[0] == 0 if proto == 1 else mark == ord("R")
    return Ours(REPLY if reply else REQUEST, probe, src, dst, ttl)


def _tcp(body: bytes, src: bytes, dst: bytes, ttl: int, magic: bytes) -> Ours | None:
    sequence, acknowledged = struct.unpack_from("!II", body, 4)
    base = isn(magic, 0)
    if 0 <= sequence - base < 16 and not body[13] & 0x10:
        return Ours(REQUEST, sequence - base, src, dst, ttl)
    if len(body) > 13 and body[13] & 0x10 and 0 < acknowledged - base <= 16 * 16:
        # what a SYN with or without data is answered with: 1 beyond it
        return Ours(REPLY, acknowledged - base - 1, src, dst, ttl, reset=bool(body[13] & 4))
    return None


def isn(magic: bytes, probe: int) -> int:
    """The sequence number of a probe's SYN."""
    return (int.from_bytes(magic[:4], "big") & 0x7FFFFF00) + probe


def cookie(magic: bytes, probe: int, back: int) -> bytes:
    """The beginning of a request's payload: what finds it, its number, and how long an answer it wants."""
    return magic + struct.pack("!BcH", probe, b"Q", back)


def answer(request: bytes, size: int) -> bytes:
    """The payload of the answer, so that it has ``size`` bytes at layer 3 (8 of ICMP or UDP, 20 of IP)."""
    return (request[:9] + b"R").ljust(size - 28, b".")


def checksum(data: bytes) -> int:
    """Of the Internet (RFC 1071)."""
    if len(data) % 2:
        data += b"\0"
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def echo(kind: int, identifier: int, payload: bytes) -> bytes:
    head = struct.pack("!BBHHH", kind, 0, 0, identifier, 1)
    return struct.pack("!BBHHH", kind, 0, checksum(head + payload), identifier, 1) + payload


def syn(src: bytes, dst: bytes, sport: int, dport: int, sequence: int) -> bytes:
    """A TCP segment with options, as a real client's: 40 bytes of header, no data."""
    options = bytes((2, 4, 5, 180, 1, 1, 1, 1)) + bytes(12)
    head = struct.pack("!HHIIBBHHH", sport, dport, sequence, 0, 10 << 4, 2, 64240, 0, 0) + options
    pseudo = src + dst + struct.pack("!BBH", 0, 6, len(head))
    value = checksum(pseudo + head)
    return head[:16] + struct.pack("!H", value) + head[18:]
