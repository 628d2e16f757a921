"""The little of rtnetlink that a scratch link needs, without a process of its own."""

import os
import socket
import struct
from contextlib import suppress

NEWLINK, NEWQDISC, NEWTFILTER = 16, 36, 44
_REQUEST, _ACK, _CREATE, _EXCL = 1, 4, 0x400, 0x200
_UP = 1
_IFNAME, _MTU, _LINKINFO, _AF_SPEC, _NET_NS_FD = 3, 4, 18, 26, 28
_INFO_KIND, _INFO_DATA, _VETH_PEER = 1, 2, 1
_ADDR_GEN_MODE, _GEN_NONE = 8, 1
_CLSACT, _INGRESS = 0xFFFFFFF1, 0xFFFFFFF2


def attribute(kind: int, value: bytes) -> bytes:
    size = 4 + len(value)
    return struct.pack("=HH", size, kind) + value + bytes(-size % 4)


def send(kind: int, body: bytes) -> None:
    """One request in the namespace where the thread is; raises OSError when the kernel refuses."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as sock:
        sock.bind((0, 0))
        sock.settimeout(5)
        flags = _REQUEST | _ACK | _CREATE | (_EXCL if kind != NEWLINK or b"veth\0" in body else 0)
        sock.send(struct.pack("=IHHII", 16 + len(body), kind, flags, 1, 0) + body)
        answer = sock.recv(65536)
    (error,) = struct.unpack_from("=i", answer, 16)
    if error:
        raise OSError(-error, os.strerror(-error))


def _link(index: int, flags: int, *attributes: bytes) -> bytes:
    return struct.pack("=BBHiII", 0, 0, 0, index, flags, flags) + b"".join(attributes)


def veth(name: str, peer: str, peer_namespace: int, mtu: int) -> None:
    """A veth pair: one end here, the other in the namespace of that descriptor; both down."""

    def end(called: str, *more: bytes) -> bytes:
        named = attribute(_IFNAME, called.encode() + b"\0")
        return _link(0, 0, named, attribute(_MTU, struct.pack("=I", mtu)), *more)

    other = end(peer, attribute(_NET_NS_FD, struct.pack("=I", peer_namespace)))
    info = attribute(_INFO_KIND, b"veth\0") + attribute(_INFO_DATA, attribute(_VETH_PEER, other))
    send(NEWLINK, end(name, attribute(_LINKINFO, info)))


def up_without_ipv6(index: int) -> None:
    """Set a link up that shall never say anything itself."""
    quiet = attribute(socket.AF_INET6, attribute(_ADDR_GEN_MODE, bytes((_GEN_NONE,))))
    with suppress(OSError):  # a kernel without IPv6
        send(NEWLINK, _link(index, 0, attribute(_AF_SPEC, quiet)))
    send(NEWLINK, _link(index, _UP))


def ingress_program(index: int, program: int) -> None:
    """Attach a BPF program by clsact, for kernels before 6.6."""

    def message(handle: int, parent: int, info: int, kind: bytes, options: bytes) -> bytes:
        head = struct.pack("=BBHiIII", 0, 0, 0, index, handle, parent, info)
        return head + attribute(1, kind + b"\0") + options  # TCA_KIND

    send(NEWQDISC, message(0xFFFF0000, _CLSACT, 0, b"clsact", b""))
    options = attribute(6, struct.pack("=I", program))  # TCA_BPF_FD
    options += attribute(7, b"mitate\0") + attribute(
        8, struct.pack("=I", 1)
    )  # its name; TCA_BPF_FLAG_ACT_DIRECT
    info = 1 << 16 | socket.htons(3)  # priority, every protocol
    send(NEWTFILTER, message(0, _INGRESS, info, b"bpf", attribute(2, options)))  # TCA_OPTIONS
