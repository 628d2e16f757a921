"""Which packets the kernel dropped, where and why: a BPF program at the tracepoint skb:kfree_skb.

It sees the packet itself, its device and its network namespace, so a drop belongs to a place for certain.
Only packets that may concern the probe are kept, so that a busy host is not slowed down, nor the probe's own
drops drowned in others'.
"""

import ctypes
import struct
import sys
import time
from pathlib import Path
from typing import Any

from . import btf, kernel
from .filter import TUNNELS

_MAP_CREATE, _TAKE, _RAW_TRACEPOINT_OPEN = 0, 21, 17
_QUEUE = 22
_KTIME, _READ, _PUSH = 5, 113, 87
"""Helpers: bpf_ktime_get_ns, bpf_probe_read_kernel, bpf_map_push_elem"""
_ROOM = 1024
_DATA = 160
_SIZE = 48 + _DATA
_IS = {"location": 8, "reason": 16, "inode": 20, "index": 24, "protocol": 28, "name": 32, "data": 48}
"""Where things stand in a record."""
_PREFIX = "SKB_DROP_REASON_"


class Drops:
    """inodes: the names of the watched namespaces, by their inodes. Raises OSError or ValueError where this
    kernel tells no reasons (before 5.17), has no BTF, or does not let us look."""

    def __init__(self, inodes: "dict[int, str]", cookie: bytes, addresses: "list[int]") -> None:
        known = btf.Btf({"sk_buff", "net_device", "net", "ns_common", "skb_drop_reason"})
        self._reasons = known.values("skb_drop_reason")
        if not self._reasons:
            raise ValueError("this kernel tells no reasons for drops (it is older than 5.17)")
        self._inodes = inodes
        self._symbols = []  # type: list[tuple[int, str]]
        self._map = kernel.bpf(_MAP_CREATE, struct.pack("=IIIII", _QUEUE, 0, _SIZE, _ROOM, 0))
        program = kernel.load_program(
            kernel.RAW_TRACEPOINT, _program(known, self._map, cookie, addresses), "mitate_drops"
        )
        name = ctypes.create_string_buffer(b"kfree_skb")
        attributes = struct.pack("=QIIQ", kernel.address_of(name), program, 0, 0)
        self._held = (program, kernel.bpf(_RAW_TRACEPOINT_OPEN, attributes))

    def new(self) -> "list[dict[str, Any]]":
        """Since the last look: namespace, device, at, reason, location, protocol, data (of layer 3)."""
        found = []
        ahead = int((time.time() - time.monotonic()) * 1e9)
        value = ctypes.create_string_buffer(_SIZE)
        attributes = struct.pack("=IIQQQ", self._map, 0, 0, kernel.address_of(value), 0)
        for _ in range(_ROOM):
            try:
                kernel.bpf(_TAKE, attributes)
            except OSError:
                break
            record = value.raw
            at, location, reason, inode = struct.unpack_from("=QQII", record)
            (protocol,) = struct.unpack_from(">H", record, 28)
            if inode not in self._inodes:
                continue  # another's, on a kernel that hosts share
            found.append(
                {
                    "namespace": self._inodes[inode],
                    "device": record[32:48].split(b"\0")[0].decode(errors="replace"),
                    "at": at + ahead,
                    "reason": self._reasons.get(reason, str(reason)).replace(_PREFIX, ""),
                    "location": self._symbol(location),
                    "protocol": protocol,
                    "data": record[48:],
                }
            )
        return found

    def _symbol(self, location: int) -> str:
        """The function of the kernel in which it happened; "" when the kernel does not tell."""
        if not self._symbols:
            with Path("/proc/kallsyms").open() as opened:
                for line in opened:
                    address, kind, name = line.split()[:3]
                    if kind in "tTwW":
                        self._symbols.append((int(address, 16), name))
            self._symbols.sort()
        low, high = 0, len(self._symbols)
        while low < high:
            middle = (low + high) // 2
            if self._symbols[middle][0] <= location:
                low = middle + 1
            else:
                high = middle
        return self._symbols[low - 1][1].split(".")[0] if low and self._symbols[low - 1][0] else ""


def _program(known: btf.Btf, queue: int, cookie: bytes, addresses: "list[int]") -> bytes:
    """On the stack a record is made; r6 = the packet, r7 = what is being read from."""
    op = kernel.instruction

    def stack(at: int) -> int:
        return at - _SIZE - 16

    def read(where: int, size: int, base: int, offset: int) -> bytes:
        """size bytes from register base + offset into the record."""
        return b"".join(
            (
                op(0xBF, 1, 10),
                op(0x07, 1, imm=stack(where)),
                op(0xB7, 2, imm=size),
                op(0xBF, 3, base),
                op(0x07, 3, imm=offset),
                op(0x85, imm=_READ),
            )
        )

    def load(register: int, where: int, code: int = 0x79) -> bytes:
        return op(code, register, 10, stack(where))

    scratch = _SIZE + 8
    parts = [
        op(0x79, 6, 1, 0),
        op(0x79, 2, 1, 8),
        op(0x7B, 10, 2, stack(_IS["location"])),
        op(0x79, 2, 1, 16),
        op(0x63, 10, 2, stack(_IS["reason"])),
        b"".join(op(0x7A, 10, 0, stack(at)) for at in (0, *range(24, _SIZE, 8), _SIZE, scratch)),
        op(0x62, 10, 0, stack(_IS["inode"])),
        read(_IS["protocol"], 2, 6, known.offset("sk_buff", "protocol")),
        read(scratch, 8, 6, known.offset("sk_buff", "head")),
        load(7, scratch),
        op(0x7A, 10, 0, stack(scratch)),
        read(scratch, 2, 6, known.offset("sk_buff", "network_header")),
        load(2, scratch, 0x69),
        op(0x0F, 7, 2),
        read(_IS["data"], _DATA, 7, 0),
    ]
    keep = [
        op(0x85, imm=_KTIME),
        op(0x7B, 10, 0, stack(0)),
        read(scratch, 8, 6, known.offset("sk_buff", "dev")),
        load(7, scratch),
        read(_IS["name"], 16, 7, known.offset("net_device", "name")),
        read(_IS["index"], 4, 7, known.offset("net_device", "ifindex")),
        read(scratch, 8, 7, known.offset("net_device", "nd_net")),
        load(7, scratch),
        read(_IS["inode"], 4, 7, known.offset("net", "ns") + known.offset("ns_common", "inum")),
        op(0x18, 1, 1, 0, queue) + op(0),
        op(0xBF, 2, 10),
        op(0x07, 2, imm=stack(0)),
        op(0xB7, 3, imm=0),
        op(0x85, imm=_PUSH),
        op(0xB7, 0),
        op(0x95),
    ]
    return b"".join(parts) + _tests(cookie, addresses) + b"".join(keep)


def _tests(cookie: bytes, addresses: "list[int]") -> bytes:
    """What is kept: ARP, tunnels, what has the mark behind a header without options, and TCP and ICMP errors
    of the addresses involved. Equality is tested by 32-bit jumps (0x16), in which no sign is extended."""
    op = kernel.instruction

    def load(register: int, where: int, code: int) -> bytes:
        return op(code, register, 10, _IS["data"] + where - _SIZE - 16)

    steps = [
        op(0x69, 2, 10, _IS["protocol"] - _SIZE - 16),
        (2, _swapped(0x0806, 2), "keep"),
        (2, _swapped(0x0800, 2), "ip"),
        (0, 0, "leave"),
        "ip",
        load(2, 9, 0x71),
        (2, 47, "keep"),
        (2, 6, "addresses"),
        load(3, 28, 0x61),
        (3, int.from_bytes(cookie[:4], sys.byteorder), "keep"),
        (2, 1, "icmp"),
        load(3, 22, 0x69),
    ]  # type: list[object]
    steps += [(3, _swapped(port, 2), "keep") for port in TUNNELS]
    steps += [(0, 0, "leave"), "icmp", load(3, 20, 0x71), (3, 0, "leave"), (3, 8, "leave"), "addresses"]
    for where in (12, 16):
        steps.append(load(2, where, 0x61))
        steps += [(2, _swapped(address, 4), "keep") for address in addresses]
    return _resolved([*steps, "leave", op(0xB7, 0), op(0x95), "keep"])


def _resolved(steps: "list[object]") -> bytes:
    """Instructions out of instructions, labels, and jumps: (register, value, label), of register 0 always."""
    labels, count = {}, 0
    for step in steps:
        if isinstance(step, str):
            labels[step] = count
        else:
            count += 1
    done = []  # type: list[bytes]
    for step in steps:
        if isinstance(step, bytes):
            done.append(step)
        elif isinstance(step, tuple):
            register, value, label = step
            distance = labels[label] - len(done) - 1
            done.append(kernel.instruction(0x16 if register else 0x05, register, 0, distance, value))
    return b"".join(done)


def _swapped(value: int, size: int) -> int:
    """A number of the network as this machine's registers hold it."""
    return int.from_bytes(value.to_bytes(size, "big"), sys.byteorder)
