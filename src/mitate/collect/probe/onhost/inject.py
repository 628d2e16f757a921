"""Frames put in at a device as if they had come in there: from the guest behind a tap, or from the wire.

A veth pair is made. One end lies in a network namespace without a name, where nobody else is; the other,
which never has an address, lies beside the device. A BPF program (tcx; clsact before Linux 6.6) hands every
frame that arrives there to the device as received. Guest, bridge and forwarding table are not touched. Both
ends vanish with the namespace, and that with this process.
"""

import os
import socket
import struct

from . import kernel, netlink

PREFIX = "mitate"
"""What the scratch link is called, followed by the number of the process."""
MTU = 9216
_LINK_CREATE, _TCX_INGRESS = 28, 46
_PACKET, _QDISC_BYPASS = 263, 20
_REDIRECT = 23
"""bpf_redirect, of the helpers"""


class Injector:
    """A way in at one device of one namespace. Raises OSError where that cannot be had."""

    def __init__(self, namespace: str, device: str, number: int) -> None:
        name = f"{PREFIX}{os.getpid() % 1000000}"
        near, self.scratch = f"{name}a{number}", f"{name}b{number}"
        there = kernel.open_namespace(namespace)
        try:
            with kernel.inside(namespace):
                target = socket.if_nametoindex(device)
            with kernel.inside_new():
                netlink.veth(near, self.scratch, there, MTU)
                netlink.up_without_ipv6(socket.if_nametoindex(near))
                self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
                # a link that has just come up has no queue for a moment, and would lose what is sent
                self._socket.setsockopt(_PACKET, _QDISC_BYPASS, 1)
                self._socket.bind((near, 0))
        finally:
            os.close(there)
        program = kernel.load_program(kernel.SCHED_CLS, _hand_over(target), "mitate_inject")
        with kernel.inside(namespace):
            index = socket.if_nametoindex(self.scratch)
            self._held = (program, _attach(index, program))
            netlink.up_without_ipv6(index)
        self.namespace = namespace

    def send(self, frame: bytes) -> None:
        self._socket.send(frame)


def _hand_over(target: int) -> bytes:
    """IPv4 and ARP go to the device, as received; all else is dropped."""
    op = kernel.instruction
    return b"".join(
        (
            op(0xBF, 6, 1),  # r6 = the frame
            op(0x28, imm=12),  # r0 = its ethertype (a tag has been taken off)
            op(0x15, 0, off=3, imm=0x0800),
            op(0x15, 0, off=2, imm=0x0806),
            op(0xB7, 0, imm=2),  # TC_ACT_SHOT
            op(0x95),
            op(0xB7, 1, imm=target),
            op(0xB7, 2, imm=1),  # BPF_F_INGRESS
            op(0x85, imm=_REDIRECT),
            op(0x95),
        )
    )


def _attach(index: int, program: int) -> int:
    """What holds the program there: a link's descriptor, or -1 when the scratch link itself does."""
    attributes = struct.pack("=IIIIIIQ", program, index, _TCX_INGRESS, 0, 0, 0, 0)
    try:
        return kernel.bpf(_LINK_CREATE, attributes)
    except OSError:
        netlink.ingress_program(index, program)
        return -1
