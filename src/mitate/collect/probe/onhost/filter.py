"""The filter in the kernel (classic BPF): of all the traffic of a host, only what may be the probe comes up.

What passes: IPv4 with the cookie where the payload begins (ICMP echo, UDP), TCP with a sequence or
acknowledgement number of the probe, ICMP errors that quote either, ARP about the addresses involved; each
also one level deep in VXLAN, Geneve or GRE; and what is overheard. The cookie is looked for where it can
stand, nowhere else. Fragments but the first do not carry it and are not seen.
"""

import struct

SNAP = 256
"""Bytes of a frame that are looked at."""
TUNNELS = (4789, 8472, 6081)
"""UDP ports of VXLAN (IANA's, Linux's older one) and Geneve."""

_LD_W_IND, _LD_H_IND, _LD_B_IND, _LD_W_ABS, _LD_H_ABS = 0x40, 0x48, 0x50, 0x20, 0x28
_LD_IMM, _LD_MEM, _LDX_MEM, _ST, _TAX, _TXA = 0x00, 0x60, 0x61, 0x02, 0x07, 0x87
_ADD, _ADD_X, _SUB, _AND, _LSH = 0x04, 0x0C, 0x14, 0x54, 0x64
_JA, _JEQ, _JSET, _RET = 0x05, 0x15, 0x45, 0x06
_AD = 0xFFFFF000
_PROTOCOL, _HATYPE = _AD, _AD + 28
"""Ancillary loads: the ethertype, and the kind of device (linux/filter.h)."""
_ETHER, _LOOPBACK = 1, 772
_L3, _L4 = 0, 1
"""Cells of the filter's memory: where the network and the transport header begin."""


NOTHING = struct.pack("=HBBI", _RET, 0, 0, 0)
"""A filter that lets nothing pass."""


class _Assembler:
    """Instructions with labels; every far jump is BPF_JA, because the others reach 255 steps only."""

    def __init__(self) -> None:
        self._steps = []  # type: list[tuple[int, int, int, int | str]]
        self._labels = {}  # type: dict[str, int]

    def do(self, code: int, k: int = 0, jt: int = 0, jf: int = 0) -> None:
        self._steps.append((code, jt, jf, k))

    def label(self, name: str) -> None:
        self._labels[name] = len(self._steps)

    def go(self, name: str) -> None:
        self._steps.append((_JA, 0, 0, name))

    def when(self, k: int, name: str, test: int = _JEQ) -> None:
        self.do(test, k, 0, 1)
        self.go(name)

    def unless(self, k: int, name: str, test: int = _JEQ) -> None:
        self.do(test, k, 1, 0)
        self.go(name)

    def program(self) -> "list[tuple[int, int, int, int]]":
        done = []
        for at, (code, jt, jf, k) in enumerate(self._steps):
            done.append((code, jt, jf, self._labels[k] - at - 1 if isinstance(k, str) else k))
        return done


class Wanted:
    """What may pass. cookie: 16 bytes. addresses: of ARP, as numbers. numbers: TCP sequence numbers and
    what acknowledges them. ports: from which UDP is sent. overheard: addresses whose IPv4 always passes."""

    def __init__(
        self,
        cookie: bytes,
        addresses: "list[int]",
        numbers: "list[int]",
        ports: "list[int]",
        overheard: "list[int]",
    ) -> None:
        self.cookie = struct.unpack(">II", cookie[:8])
        self.addresses, self.numbers, self.ports = addresses, numbers, ports
        self.overheard = overheard


def compiled(wanted: Wanted) -> bytes:
    """The filter as an array of ``struct sock_filter``."""
    a = _Assembler()
    a.do(_LD_IMM, 14)
    a.do(_ST, _L3)
    a.do(_LD_W_ABS, _HATYPE)
    a.when(_ETHER, "ethernet")
    a.when(_LOOPBACK, "ethernet")
    a.do(_LD_IMM, 0)  # a device of layer 3 has no link header
    a.do(_ST, _L3)
    a.label("ethernet")
    a.do(_LD_W_ABS, _PROTOCOL)
    a.when(0x0806, "arp0")
    a.when(0x0800, "ip0")
    a.unless(0x8100, "no")
    a.do(_LD_IMM, 18)  # a tag that no device took off
    a.do(_ST, _L3)
    a.do(_LD_H_ABS, 16)
    a.when(0x0806, "arp0")
    a.unless(0x0800, "no")
    for depth in (0, 1):
        _ip(a, wanted, depth)
        _arp(a, wanted, depth)
    a.label("no")
    a.do(_RET, 0)
    a.label("yes")
    a.do(_RET, SNAP)
    return b"".join(struct.pack("=HBBI", code, jt, jf, k) for code, jt, jf, k in a.program())


def _arp(a: _Assembler, wanted: Wanted, depth: int) -> None:
    a.label(f"arp{depth}")
    a.do(_LDX_MEM, _L3)
    for offset in (14, 24):  # sender, target
        a.do(_LD_W_IND, offset)
        for address in wanted.addresses:
            a.when(address, "yes")
    a.go("no")


def _ip(a: _Assembler, wanted: Wanted, depth: int) -> None:
    def here(name: str) -> str:
        return f"{name}{depth}"

    a.label(here("ip"))
    a.do(_LDX_MEM, _L3)
    if wanted.overheard:
        for offset in (12, 16):
            a.do(_LD_W_IND, offset)
            for address in wanted.overheard:
                a.when(address, "yes")
    a.do(_LD_H_IND, 6)
    a.when(0x1FFF, "no", _JSET)
    a.do(_LD_B_IND, 0)
    a.do(_AND, 0x0F)
    a.do(_LSH, 2)
    a.do(_ADD_X)
    a.do(_ST, _L4)
    a.do(_LD_B_IND, 9)
    a.do(_LDX_MEM, _L4)
    a.when(1, here("icmp"))
    a.when(6, here("tcp"))
    a.when(17, here("udp"))
    if depth == 0:
        a.when(47, "gre")
    a.go("no")

    _transport(a, wanted, depth)
    if depth == 0:
        _tunnels(a)


def _transport(a: _Assembler, wanted: Wanted, depth: int) -> None:
    def here(name: str) -> str:
        return f"{name}{depth}"

    a.label(here("tcp"))
    for offset in (4, 8):
        a.do(_LD_W_IND, offset)
        for number in wanted.numbers:
            a.when(number, "yes")
    a.go("no")

    a.label(here("udp"))
    a.do(_LD_H_IND, 2)
    for port in wanted.ports:
        a.when(port, "yes")
    if depth == 0:
        for port in TUNNELS[:2]:
            a.when(port, "vxlan")
        a.when(TUNNELS[2], "geneve")
    a.go(here("cookie"))

    a.label(here("icmp"))
    a.do(_LD_B_IND, 0)
    a.when(8, here("cookie"))
    a.when(0, here("cookie"))
    a.do(_LD_B_IND, 17)  # the protocol of the packet that an error quotes
    a.when(6, here("quoted"))
    a.do(_TXA)
    a.do(_ADD, 28)
    a.do(_TAX)
    a.label(here("cookie"))
    a.do(_LD_W_IND, 8)
    a.unless(wanted.cookie[0], "no")
    a.do(_LD_W_IND, 12)
    a.unless(wanted.cookie[1], "no")
    a.go("yes")
    a.label(here("quoted"))
    a.do(_LD_W_IND, 32)
    for number in wanted.numbers:
        a.when(number, "yes")
    a.go("no")


def _tunnels(a: _Assembler) -> None:
    a.label("geneve")
    a.do(_LD_B_IND, 8)
    a.do(_AND, 0x3F)  # the length of its options, in words
    a.do(_LSH, 2)
    a.do(_ADD_X)
    a.do(_TAX)
    a.label("vxlan")
    a.do(_TXA)
    a.do(_ADD, 8 + 8 + 14)
    a.do(_ST, _L3)
    a.go("inner")
    a.label("gre")
    a.do(_LD_H_IND, 2)
    a.unless(0x6558, "no")  # what carries Ethernet
    a.do(_TXA)
    a.do(_ADD, 4 + 14)
    a.do(_ST, _L3)
    for flag in (0x80, 0x20, 0x10):  # checksum, key, sequence: four bytes each
        a.do(_LD_B_IND, 0)
        a.do(_JSET, flag, 0, 3)
        a.do(_LD_MEM, _L3)
        a.do(_ADD, 4)
        a.do(_ST, _L3)
    a.label("inner")
    a.do(_LD_MEM, _L3)
    a.do(_SUB, 2)
    a.do(_TAX)
    a.do(_LD_H_IND, 0)
    a.when(0x0806, "arp1")
    a.when(0x0800, "ip1")
    a.go("no")
