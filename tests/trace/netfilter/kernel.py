"""A router of network namespaces, real packets through it, and what the kernel made of them.

    left (a0) —— ra router rb —— (b0) right

Frames are sent and seen by packet sockets at a0 and b0; what the router takes in itself is seen by raw
sockets. Each packet has a number in its payload, and TCP in its sequence numbers too, so that resets can be
told apart.
"""

from __future__ import annotations

import ctypes
import os
import select
import shutil
import socket
import struct
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from mitate.analyze.trace.packet import Packet, number

_BASE = Path(os.environ.get("MITATE_LAB") or "/var/lib/mitate/lab") / "bases" / "bookworm"
_libc = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNET = 0x40000000
_MAGIC = b"mitate-t"
_STEP = 1000
LEFT_MAC, RIGHT_MAC = "02:00:00:00:0a:01", "02:00:00:00:0b:01"
PROTOCOLS = {"icmp": 1, "tcp": 6, "udp": 17}
_NAMES = {1: "icmp", 6: "tcp", 17: "udp"}
_FLAGS = {"F": 1, "S": 2, "R": 4, "P": 8, "A": 16}


def tool(name: str) -> list[str] | None:
    """How to run a tool: this machine's own, else the one in the practice cloud's tree; None without."""
    if shutil.which(name):
        return [name]
    if os.geteuid() == 0 and any((_BASE / place / name).exists() for place in ("usr/sbin", "sbin")):
        return ["chroot", str(_BASE), name]
    return None


def run(command: Sequence[str], given: str | None = None) -> str:
    done = subprocess.run(command, input=given, text=True, capture_output=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}\n{given or ''}")
    return done.stdout


@contextmanager
def inside(namespace: str) -> Iterator[None]:
    """This thread in a namespace, for the sockets that are opened there."""
    with Path("/proc/thread-self/ns/net").open() as home, Path(f"/run/netns/{namespace}").open() as there:
        if _libc.setns(there.fileno(), _CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"setns {namespace}")
        try:
            yield
        finally:
            _libc.setns(home.fileno(), _CLONE_NEWNET)


class Seen(msgspec.Struct, frozen=True):
    """A packet that came out. at: the device (ra, rb) or "local"."""

    at: str
    packet: Packet


class Box:
    """Namespaces with sockets, and the tools that load rules. name: prefix of its namespaces."""

    def __init__(self, name: str) -> None:
        self.router = f"{name}-r"
        self._spaces: list[str] = []
        self._sockets: dict[str, socket.socket] = {}
        self._number = int(time.time()) % 1000 * 1000

    def close(self) -> None:
        for one in self._sockets.values():
            one.close()
        for space in self._spaces:
            subprocess.run(["ip", "netns", "del", space], check=False, capture_output=True)

    def space(self, name: str) -> None:
        run(["ip", "netns", "add", name])
        self._spaces.append(name)

    def exec(self, *command: str, given: str | None = None) -> str:
        return run(["ip", "netns", "exec", self.router, *command], given)

    def tool(self, name: str, *arguments: str, given: str | None = None) -> str:
        found = tool(name)
        assert found is not None, f"{name} is not there"
        return self.exec(*found, *arguments, given=given)

    def settings(self, **values: int) -> None:
        for name, value in values.items():
            path = name.replace("__", "/").replace("bridge_nf_call_", "bridge-nf-call-")
            with inside(self.router):
                Path(f"/proc/sys/net/{path}").write_text(str(value))

    def packet_socket(self, key: str, space: str, device: str) -> None:
        with inside(space):
            opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
            opened.bind((device, 0))
        opened.setblocking(False)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 21)
        self._sockets[key] = opened

    def raw_sockets(self) -> None:
        with inside(self.router):
            for name, protocol in (*PROTOCOLS.items(), ("47", 47)):
                opened = socket.socket(socket.AF_INET, socket.SOCK_RAW, protocol)
                opened.setblocking(False)
                self._sockets[f"local-{name}"] = opened
            self._sockets["send"] = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)

    def next(self) -> int:
        self._number += 1
        return self._number % 2_000_000

    def send(self, key: str, packet: Packet, mark: int) -> None:
        """Put a packet on a wire, or let the router send it (key "router")."""
        data = build(packet, mark)
        if key == "router":
            with suppress(OSError):  # which says that OUTPUT dropped it
                self._sockets["send"].sendto(data, (socket.inet_ntoa(struct.pack("!I", packet.dst)), 0))
        else:
            self._sockets[key].send(ether(packet) + data)

    def collect(self, mark: int, expect: bool, wait: float = 0.25) -> list[Seen]:
        """What is seen of the packet with that number; waits only for what is expected."""
        found: list[Seen] = []
        end = time.monotonic() + (wait if expect else 0.0)
        while True:
            for key, one in self._sockets.items():
                while key != "send":
                    try:
                        data, address = one.recvfrom(4096)
                    except BlockingIOError:
                        break
                    if key.startswith("local"):
                        seen = parse(data)
                        at = "local"
                    elif address[2] == socket.PACKET_OUTGOING:
                        continue
                    else:
                        seen = parse_frame(data)
                        at = key
                    if seen is not None and seen[1] == mark:
                        found.append(Seen(at, seen[0]))
            if found or time.monotonic() >= end:
                return found
            select.select([one for key, one in self._sockets.items() if key != "send"], [], [], 0.01)


def _veth(here: str, device: str, there: str, peer: str) -> None:
    run(["ip", "link", "add", device, "netns", here, "type", "veth", "peer", "name", peer, "netns", there])


def router(name: str) -> Box:
    """The router of the docstring; it forwards, and answers nothing itself."""
    box = Box(name)
    try:
        for space in (f"{name}-r", f"{name}-a", f"{name}-b"):
            box.space(space)
        commands = []
        for side, host in (("a", "1"), ("b", "2")):
            _veth(box.router, f"r{side}", f"{name}-{side}", f"{side}0")
            for where, command in (
                (f"{name}-{side}", f"link set {side}0 up"),
                (box.router, f"link set r{side} address 02:00:00:00:0{side}:fe"),
                (box.router, f"link set r{side} up"),
                (box.router, f"addr add 10.{host}.0.1/32 dev r{side}"),
                (box.router, f"neigh add 10.{host}.255.254 lladdr 02:00:00:00:0{side}:01 dev r{side}"),
                (box.router, f"route add 10.{host}.0.0/16 via 10.{host}.255.254 dev r{side} onlink"),
            ):
                commands.append(["ip", "-n", where, *command.split()])
        commands.append(["ip", "-n", box.router, *["link", "set", "lo", "up"]])
        commands.append(["ip", "-n", box.router, *["addr", "add", "10.1.9.1/32", "dev", "ra"]])
        commands.append(
            [
                "ip",
                "-n",
                box.router,
                *["route", "add", "default", "via", "10.2.255.254", "dev", "rb", "onlink"],
            ]
        )
        for line in commands:
            run(line)
        box.settings(
            ipv4__ip_forward=1,
            ipv4__icmp_ratelimit=0,
            ipv4__icmp_msgs_per_sec=1_000_000,
            ipv4__icmp_msgs_burst=1_000_000,
            ipv4__icmp_echo_ignore_all=1,
            ipv4__conf__all__rp_filter=0,
            ipv4__conf__default__rp_filter=0,
            ipv4__conf__ra__rp_filter=0,
            ipv4__conf__rb__rp_filter=0,
            ipv4__conf__all__send_redirects=0,
            ipv4__conf__ra__send_redirects=0,
            ipv4__conf__rb__send_redirects=0,
            netfilter__nf_conntrack_tcp_be_liberal=1,
        )
        box.packet_socket("ra", f"{name}-a", "a0")
        box.packet_socket("rb", f"{name}-b", "b0")
        box.raw_sockets()
    except BaseException:
        box.close()
        raise
    return box


def bridge(name: str, macs: Sequence[str]) -> Box:
    """A bridge br0 with ports p1, p2, p3, whose IP packets pass the rules of iptables. Who has those MACs
    sits behind the ports, one behind each."""
    box = Box(name)
    try:
        box.space(box.router)
        inner = ["ip", "-n", box.router]
        run([*inner, *["link", "add", "br0", "type", "bridge", "stp_state", "0", "forward_delay", "0"]])
        run([*inner, *["link", "set", "br0", "up"]])
        for place, address in enumerate(macs, start=1):
            space = f"{name}-{place}"
            box.space(space)
            _veth(box.router, f"p{place}", space, f"e{place}")
            run(["ip", "-n", space, "link", "set", f"e{place}", "up"])
            run([*inner, "link", "set", f"p{place}", "master", "br0", "up"])
            run(
                [
                    "bridge",
                    "-n",
                    box.router,
                    "fdb",
                    "replace",
                    address,
                    "dev",
                    f"p{place}",
                    "master",
                    "static",
                ]
            )
            box.packet_socket(f"p{place}", space, f"e{place}")
        box.settings(bridge__bridge_nf_call_iptables=1, netfilter__nf_conntrack_tcp_be_liberal=1)
    except BaseException:
        box.close()
        raise
    return box


# Bytes ---------------------------------------------------------------------------------------------------


def _sum(data: bytes) -> int:
    if len(data) % 2:
        data += b"\0"
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~((total >> 16) + total) & 0xFFFF


def mac(text: str) -> bytes:
    return bytes.fromhex(text.replace(":", ""))


def ether(packet: Packet) -> bytes:
    return mac(packet.dmac) + mac(packet.smac) + (b"\x08\x06" if packet.arp else b"\x08\x00")


def build(packet: Packet, mark: int) -> bytes:
    """IPv4 packet, or ARP, as bytes. An ICMP error quotes its inner packet whole."""
    if packet.arp:
        head = struct.pack("!HHBBH", 1, 0x0800, 6, 4, packet.arp)
        sender, target = struct.pack("!I", packet.src), struct.pack("!I", packet.dst)
        told = head + mac(packet.smac) + sender + bytes(6) + target
        return told + _MAGIC + struct.pack("!I", mark) + bytes(6)
    payload = _MAGIC + struct.pack("!I", mark)
    protocol = PROTOCOLS.get(packet.proto) or int(packet.proto)
    if packet.proto == "icmp" and packet.inner is not None:
        body = struct.pack("!BBHI", packet.icmp_type, packet.icmp_code, 0, 0) + build(packet.inner, mark)
    elif packet.proto == "icmp":
        body = struct.pack("!BBHHH", packet.icmp_type, packet.icmp_code, 0, packet.sport, 1) + payload
    elif packet.proto == "udp":
        body = struct.pack("!HHHH", packet.sport, packet.dport, 8 + len(payload), 0) + payload
    elif packet.proto == "tcp":
        flags = sum(_FLAGS[one] for one in packet.flags)
        step = mark * _STEP
        ack = step if flags & 16 else 0
        body = (
            struct.pack("!HHIIBBHHH", packet.sport, packet.dport, step, ack, 80, flags, 1000, 0, 0) + payload
        )
    else:
        body = payload
    if packet.proto == "icmp":
        body = body[:2] + struct.pack("!H", _sum(body)) + body[4:]
    elif packet.proto in ("tcp", "udp"):
        pseudo = struct.pack("!IIBBH", packet.src, packet.dst, 0, protocol, len(body))
        at = 16 if packet.proto == "tcp" else 6
        body = body[:at] + struct.pack("!H", _sum(pseudo + body) or 0xFFFF) + body[at + 2 :]
    head = struct.pack(
        "!BBHHHBBHII",
        0x45,
        0,
        20 + len(body),
        mark & 0xFFFF,
        0x4000,
        packet.ttl,
        protocol,
        0,
        packet.src,
        packet.dst,
    )
    return head[:10] + struct.pack("!H", _sum(head)) + head[12:] + body


def size(packet: Packet) -> int:
    return len(build(packet, 0))


def parse_frame(data: bytes) -> tuple[Packet, int] | None:
    if data[12:14] == b"\x08\x00":
        found = parse(data[14:])
    elif data[12:14] == b"\x08\x06" and data[42:50] == _MAGIC:
        (operation,), (src,), (dst,) = (
            struct.unpack(kind, data[at : at + size])
            for kind, at, size in (("!H", 20, 2), ("!I", 28, 4), ("!I", 38, 4))
        )
        found = Packet(src=src, dst=dst, arp=operation), struct.unpack("!I", data[50:54])[0]
    else:
        return None
    if found is None:
        return None
    smac, dmac = data[6:12].hex(":"), data[:6].hex(":")
    return found[0].but(smac=smac, dmac=dmac), found[1]


def parse(data: bytes) -> tuple[Packet, int] | None:
    """(packet, its number); None for what is none of ours."""
    if len(data) < 28 or data[0] != 0x45:
        return None
    src, dst = struct.unpack("!II", data[12:20])
    protocol, ttl = data[9], data[8]
    body = data[20:]
    made = Packet(src=src, dst=dst, proto=_NAMES.get(protocol, str(protocol)), ttl=ttl, size=len(data))
    mark = -1
    if _MAGIC in body:
        found = body.index(_MAGIC) + len(_MAGIC)
        mark = struct.unpack("!I", body[found : found + 4])[0] if len(body) >= found + 4 else -1
    if protocol == 1:
        kind, code, _, ident = struct.unpack("!BBHH", body[:6])
        if kind in (3, 11, 5, 12):
            inner = parse(body[8:])
            if inner is None:
                return None
            return made.but(icmp_type=kind, icmp_code=code, inner=inner[0]), inner[1]
        return made.but(icmp_type=kind, icmp_code=code, sport=ident), mark
    if protocol in (6, 17):
        sport, dport = struct.unpack("!HH", body[:4])
        made = made.but(sport=sport, dport=dport)
        if protocol == 6:
            seq, ack = struct.unpack("!II", body[4:12])
            flags = "".join(name for name, bit in _FLAGS.items() if body[13] & bit)
            made = made.but(flags=flags)
            if mark < 0:
                mark = (ack if "A" in flags else seq) // _STEP
    return made, mark


def addresses() -> dict[str, tuple[int, ...]]:
    """Of the router, by device."""
    return {
        "ra": (number("10.1.0.1"), number("10.1.9.1")),
        "rb": (number("10.2.0.1"),),
        "lo": (number("127.0.0.1"),),
    }
