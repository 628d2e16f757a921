"""Ears: a packet socket in a network namespace hears all its interfaces, both ways."""

import ctypes
import socket
import struct

from . import filter as packet_filter
from . import kernel

_ATTACH_FILTER, _TIMESTAMPNS, _AUXDATA, _PACKET = 26, 35, 8, 263
_OUTGOING = 4
_TAGGED = 0x10
"""TP_STATUS_VLAN_VALID"""


class Ear:
    """A socket in one namespace. overhears: it is there for real traffic, not for the probe."""

    def __init__(self, namespace: str, program: bytes, overhears: bool) -> None:
        self.namespace = namespace
        self.overhears = overhears
        self.inode = kernel.inode(namespace)
        with kernel.inside(namespace):
            # of no protocol yet, so that nothing comes in before the filter is there
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self.let_pass(program)
        self.socket.setsockopt(socket.SOL_SOCKET, _TIMESTAMPNS, 1)
        self.socket.setsockopt(_PACKET, _AUXDATA, 1)
        self.socket.setblocking(False)
        kernel.hear_all(self.socket.fileno())

    def let_pass(self, program: bytes) -> None:
        """From now on what this filter lets pass, nothing else."""
        code = ctypes.create_string_buffer(program, len(program))
        fprog = struct.pack("HP", len(program) // 8, kernel.address_of(code))
        self.socket.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, fprog)

    def heard(self) -> "tuple[bytes, str, str, int, int, int | None] | None":
        """One frame: bytes, device, way, kind of device, time (ns), VLAN tag; None when none is left."""
        try:
            data, extras, _, address = self.socket.recvmsg(packet_filter.SNAP, 256)
        except (BlockingIOError, InterruptedError):
            return None
        at, vlan = 0, None
        for level, kind, value in extras:
            if (level, kind) == (socket.SOL_SOCKET, _TIMESTAMPNS):
                seconds, nanoseconds = struct.unpack("ll", value[:16])
                at = seconds * 10**9 + nanoseconds
            elif (level, kind) == (_PACKET, _AUXDATA):
                # struct tpacket_auxdata: status, len, snaplen, mac, net, vlan_tci, vlan_tpid
                status, tci = struct.unpack("=I12xH", value[:18])
                vlan = tci & 0xFFF if status & _TAGGED else None
        return data, address[0], "out" if address[2] == _OUTGOING else "in", address[3], at, vlan
