"""Packets of the probe: made, and recognised wherever they come by. Only headers are told, no payload."""

import socket
import struct
from typing import Any, Dict  # noqa: UP035 # Python 3.6 has no dict[…]

Said = Dict[str, Any]  # noqa: UP006
"""A shot or a plan as JSON brought it; a frame as JSON will tell it."""
ETHER, LOOPBACK = 1, 772
"""Kinds of devices that have an Ethernet header (linux/if_arp.h)."""
TUNNELS = (4789, 8472, 6081)
PROTOCOLS = {1: "icmp", 6: "tcp", 17: "udp"}
MARK = 18
"""Bytes of the mark: the cookie, the number of the shot, the number of the packet."""


def checksum(data: bytes) -> int:
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return int(~total & 0xFFFF)


def sequence(cookie: bytes, shot: int, number: int) -> int:
    """The TCP sequence number of a packet: what acknowledges it belongs to it alone."""
    return (int.from_bytes(cookie[8:12], "big") + (shot << 16) + (number << 14)) & 0xFFFFFFFF


def acknowledged(shot: Said, cookie: bytes, at: int, number: int) -> "tuple[int, int]":
    """What a server acknowledges of it: the SYN (it answers), the SYN and its data (it refuses)."""
    first = sequence(cookie, at, number)
    return ((first + 1) & 0xFFFFFFFF, (first + 1 + shot["size"] - 40) & 0xFFFFFFFF)


def ip_packet(shot: Said, cookie: bytes, at: int, number: int) -> bytes:
    """The packet as the plan's shot describes it, marked."""
    src, dst = socket.inet_aton(shot["src"]), socket.inet_aton(shot["dst"])
    proto = {"icmp": 1, "tcp": 6, "udp": 17}[shot["proto"]]
    header = 20 if proto == 6 else 8
    mark = cookie + bytes((at, number))
    payload = mark + bytes(shot["size"] - 20 - header - len(mark))
    pseudo = src + dst + struct.pack(">BBH", 0, proto, header + len(payload))
    if proto == 1:
        rest = struct.pack(">BBHHH", 8, 0, 0, shot["sport"], number) + payload
        rest = rest[:2] + struct.pack(">H", checksum(rest)) + rest[4:]
    elif proto == 17:
        rest = struct.pack(">HHHH", shot["sport"], shot["dport"], 8 + len(payload), 0) + payload
        rest = rest[:6] + struct.pack(">H", checksum(pseudo + rest) or 0xFFFF) + rest[8:]
    else:
        ports = struct.pack(">HH", shot["sport"], shot["dport"])
        rest = ports + struct.pack(">IIBBHHH", sequence(cookie, at, number), 0, 5 << 4, 2, 64240, 0, 0)  # SYN
        rest = rest[:16] + struct.pack(">H", checksum(pseudo + rest + payload)) + rest[18:] + payload
    identity = int.from_bytes(cookie[12:14], "big") ^ (at << 8 | number)
    ip = struct.pack(
        ">BBHHHBBH4s4s",
        0x45,
        0,
        20 + len(rest),
        identity,
        0x4000 if shot["df"] else 0,
        shot["ttl"],
        proto,
        0,
        src,
        dst,
    )
    return ip[:10] + struct.pack(">H", checksum(ip)) + ip[12:] + rest


def arp_request(mac: str, src: str, dst: str) -> bytes:
    """ "Who has dst? Tell src", as ARP's own bytes."""
    sender = mac_bytes(mac) + socket.inet_aton(src)
    return struct.pack(">HHBBH", 1, 0x0800, 6, 4, 1) + sender + bytes(6) + socket.inet_aton(dst)


def ethernet(smac: str, dmac: str, vlan: int, kind: int, payload: bytes) -> bytes:
    tag = struct.pack(">HH", 0x8100, vlan) if vlan else b""
    frame = mac_bytes(dmac) + mac_bytes(smac) + tag + struct.pack(">H", kind) + payload
    return frame + bytes(max(0, 60 - len(frame)))


def mac_bytes(text: str) -> bytes:
    return bytes.fromhex(text.replace(":", ""))


class Reader:
    """Tells what a frame is to this probe.

    A frame becomes a dict: kind (request, reply, reset, error, arp-request, arp-reply, other), shot, number
    (None where they cannot be told), src, dst, proto, sport, dport, size, ttl, smac, dmac, vlan, and where it
    applies icmp (type/code), flags, asks, mac, outer, vni.
    """

    def __init__(self, plan: Said) -> None:
        self._cookie = bytes.fromhex(plan["cookie"])
        self._shots = plan["shots"]
        self._addresses = set(plan["addresses"])
        self._overheard = set(plan["overhear"])
        self._sequences = {}  # type: dict[int, tuple[int, int]]
        self._acknowledged = {}  # type: dict[int, tuple[int, int]]
        self._ports = {}  # type: dict[tuple[int, int], int]
        for at, shot in enumerate(self._shots):
            if shot["proto"] == "udp":
                self._ports[(shot["sport"], shot["dport"])] = at
            if shot["proto"] != "tcp":
                continue
            for number in range(shot["times"]):
                self._sequences[sequence(self._cookie, at, number)] = (at, number)
                for value in acknowledged(shot, self._cookie, at, number):
                    self._acknowledged[value] = (at, number)

    def numbers(self) -> "list[int]":
        """TCP numbers to let pass."""
        return sorted(set(self._sequences) | set(self._acknowledged))

    def frame(self, data: bytes, hatype: int) -> "Said | None":
        """What it is, or None when it is none of the probe's business."""
        try:
            if hatype not in (ETHER, LOOPBACK):
                return self._ip(data, {}) if data and data[0] >> 4 == 4 else None
            return self._ethernet(data, {})
        except (struct.error, IndexError):
            return None  # cut short

    def network(self, data: bytes, protocol: int) -> "Said | None":
        """The same for what begins at layer 3."""
        try:
            return self._arp(data, {}) if protocol == 0x0806 else self._ip(data, {})
        except (struct.error, IndexError):
            return None

    def _ethernet(self, data: bytes, said: Said) -> "Said | None":
        said["dmac"], said["smac"] = mac_text(data[:6]), mac_text(data[6:12])
        (kind,) = struct.unpack_from(">H", data, 12)
        at = 14
        if kind == 0x8100:
            tag, kind = struct.unpack_from(">HH", data, 14)
            said["vlan"] = tag & 0xFFF
            at = 18
        if kind == 0x0806:
            return self._arp(data[at:], said)
        return self._ip(data[at:], said) if kind == 0x0800 else None

    def _arp(self, data: bytes, said: Said) -> "Said | None":
        (operation,) = struct.unpack_from(">H", data, 6)
        sender, target = _address(data[14:18]), _address(data[24:28])
        if operation not in (1, 2) or not {sender, target} & self._addresses:
            return None
        kind = "arp-request" if operation == 1 else "arp-reply"
        said.update(kind=kind, proto="arp", src=sender, dst=target, mac=mac_text(data[8:14]))
        return said

    def _ip(self, data: bytes, said: Said) -> "Said | None":
        length = (data[0] & 15) * 4
        total, _, fragment, ttl, proto = struct.unpack_from(">HHHBB", data, 2)
        src, dst = _address(data[12:16]), _address(data[16:20])
        rest = data[length:]
        if fragment & 0x1FFF:
            return None
        inner = None if "outer" in said else self._carried(proto, rest, src + " → " + dst)
        if inner is not None:
            return inner
        said.update(src=src, dst=dst, proto=PROTOCOLS.get(proto, str(proto)), size=total, ttl=ttl)
        known = self._transport(proto, rest, said)
        if known is None and not {src, dst} & self._overheard:
            return None
        said["kind"], said["shot"], said["number"] = known or ("other", None, None)
        return said

    def _carried(self, proto: int, rest: bytes, outer: str) -> "Said | None":
        """What a tunnel carries, if that is ours."""
        if proto == 17 and struct.unpack_from(">H", rest, 2)[0] in TUNNELS:
            options = (rest[8] & 0x3F) * 4 if struct.unpack_from(">H", rest, 2)[0] == 6081 else 0
            (vni,) = struct.unpack_from(">I", rest, 12)
            return self._ethernet(rest[16 + options :], {"outer": outer, "vni": vni >> 8})
        if proto == 47 and rest[2:4] == b"\x65\x58":
            flags = rest[0]
            at = 4 + 4 * bool(flags & 0x80)
            key = struct.unpack_from(">I", rest, at)[0] if flags & 0x20 else None
            at += 4 * bool(flags & 0x20) + 4 * bool(flags & 0x10)
            return self._ethernet(rest[at:], {"outer": outer, "vni": key})
        return None

    def _transport(self, proto: int, rest: bytes, said: Said) -> "tuple[str, int, int] | None":
        if proto == 1:
            said["icmp"] = f"{rest[0]}/{rest[1]}"
            if rest[0] in (3, 4, 5, 11, 12):
                return self._quoted(rest[8:], said)
            (said["sport"],) = struct.unpack_from(">H", rest, 4)
            found = self._marked(rest[8:])
            return ("request" if rest[0] == 8 else "reply", *found) if found and rest[0] in (0, 8) else None
        if proto not in (6, 17):
            return None
        said["sport"], said["dport"] = struct.unpack_from(">HH", rest)
        if proto == 17:
            found = self._marked(rest[8:])
            back = self._ports.get((said["dport"], said["sport"]))
            if found is None:
                return ("reply", back, 0) if back is not None else None
            return ("request" if back is None else "reply", *found)
        number, acknowledges = struct.unpack_from(">II", rest, 4)
        said["flags"] = "".join(
            name for name, bit in (("S", 2), ("A", 16), ("F", 1), ("R", 4)) if rest[13] & bit
        )
        if acknowledges in self._acknowledged and rest[13] & 16:
            return ("reset" if rest[13] & 4 else "reply", *self._acknowledged[acknowledges])
        if number in self._sequences and not rest[13] & 4:
            return ("request", *self._sequences[number])
        return None

    def _quoted(self, data: bytes, said: Said) -> "tuple[str, int, int] | None":
        """The packet that an ICMP error is about."""
        length = (data[0] & 15) * 4
        rest = data[length:]
        said["about"] = _address(data[12:16]) + " → " + _address(data[16:20])
        if data[9] == 6:
            number = struct.unpack_from(">I", rest, 4)[0]
            found = self._sequences.get(number)
        else:
            found = self._marked(rest[8:])
        return ("error", *found) if found else None

    def _marked(self, payload: bytes) -> "tuple[int, int] | None":
        if payload[:16] != self._cookie or len(payload) < MARK or payload[16] >= len(self._shots):
            return None
        return (payload[16], payload[17])


def mac_text(data: bytes) -> str:
    return ":".join(f"{byte:02x}" for byte in data)


def _address(data: bytes) -> str:
    return ".".join(str(byte) for byte in struct.unpack("4B", data))
