"""Send, answer and listen: real packets between two ends, watched in every namespace, in one process."""

from __future__ import annotations

import errno
import os
import select
import socket
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.oracle import frames
from tests.oracle.build import Cloud
from tests.oracle.frames import ERROR, REPLY, REQUEST
from tests.oracle.plan import TCP, UDP

_DONT, _PROBE = 0, 3
"""IP_PMTUDISC_DONT: may be fragmented. IP_PMTUDISC_PROBE: may not, and what the host learnt of path MTUs is
not heeded."""
_MTU_DISCOVER, _PKTINFO, _TIMESTAMPNS, _RCVBUF = 10, 8, 35, 1 << 20
_OTHERHOST, _OUTGOING = 3, 4


@dataclass(frozen=True)
class Sight:
    """A frame seen. way: in or out. foreign: it came in and was meant for another MAC."""

    time: float
    space: str
    device: str
    way: str
    foreign: bool
    ours: frames.Ours


@dataclass
class Truth:
    """What became of one probe, a request of ``size`` bytes that is to be answered with ``back`` bytes.

    taken: the namespaces whose servers got it, in order. answered: the reply came to the very socket that
    asked. told: ICMP errors that came home to whom they are for: (request or reply, type, code, sender).
    local: it was too big for the sender's own device.
    """

    size: int
    back: int
    local: bool = False
    refused: str = ""
    taken: list[str] = field(default_factory=list)
    answered: bool = False
    told: list[tuple[str, int, int, str]] = field(default_factory=list)
    refused_by: list[str] = field(default_factory=list)
    sights: list[Sight] = field(default_factory=list)


class Wire:
    """The sockets of a case."""

    def __init__(self, cloud: Cloud, source: str, first: int = 20000) -> None:
        """first: the ICMP id, or source port, of the first probe; each has one of its own."""
        self.cloud = cloud
        self.source = source
        self.first = first
        self.magic = os.urandom(4) + b"orcl"
        self._open: list[socket.socket] = []
        self._watch: dict[int, tuple[str, str, socket.socket]] = {}
        self._poll = select.epoll()
        self.truths: list[Truth] = []
        self._sent: dict[int, socket.socket] = {}
        for name in cloud.names:
            with cloud.spaces.inside(name):
                tap = self._add("tap", name, socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
                tap.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RCVBUF)
                tap.setsockopt(socket.SOL_SOCKET, _TIMESTAMPNS, 1)
        for name in cloud.listeners():
            self._listen(name)

    def close(self) -> None:
        self._poll.close()
        for each in self._open:
            each.close()

    def _add(self, kind: str, space: str, family: int, type_: int, proto: int = 0) -> socket.socket:
        made = socket.socket(family, type_ | socket.SOCK_NONBLOCK, proto)
        self._open.append(made)
        self._watch[made.fileno()] = (kind, space, made)
        self._poll.register(made.fileno(), select.EPOLLIN)
        return made

    def _listen(self, name: str) -> None:
        with self.cloud.spaces.inside(name):
            echo = self._add("icmp", name, socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
            udp = self._add("udp", name, socket.AF_INET, socket.SOCK_DGRAM)
            self._add("tcp", name, socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
            web = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            self._open.append(web)
            # echo replies of Linux may be fragmented (icmp_push_reply), what a UDP socket sends may not
            for each, discover in ((echo, _DONT), (udp, _PROBE)):
                each.setsockopt(socket.IPPROTO_IP, _MTU_DISCOVER, discover)
                each.setsockopt(socket.IPPROTO_IP, _PKTINFO, 1)
            udp.bind(("0.0.0.0", UDP))
            web.bind(("0.0.0.0", TCP))
            web.listen(16)

    # -- sending ------------------------------------------------------------------------------------------

    def run(self, probes: Sequence[tuple[int, int]], quiet_s: float) -> list[Truth]:
        """Send probes of (bytes there, bytes back), a connection each, and watch until all is quiet."""
        self.truths = [Truth(size, back) for size, back in probes]
        for number in range(len(probes)):
            self._send(number)
            self._drain(0.0)
        deadline, quiet = time.monotonic() + 20 * quiet_s, time.monotonic() + quiet_s
        while time.monotonic() < min(quiet, deadline):
            if all(truth.answered or truth.local for truth in self.truths):
                self._drain(0.005)
                break
            if self._drain(max(0.0, quiet - time.monotonic())):
                quiet = time.monotonic() + quiet_s
        for truth in self.truths:
            truth.sights.sort(key=lambda sight: sight.time)
        return self.truths

    def _send(self, number: int) -> None:
        asked, truth = self.cloud.plan.asked, self.truths[number]
        payload = frames.cookie(self.magic, number, truth.back).ljust(truth.size - 28, b".")
        key = self.first + number
        with self.cloud.spaces.inside(self.source):
            kind = {"icmp": (socket.SOCK_RAW, 1), "udp": (socket.SOCK_DGRAM, 0), "tcp": (socket.SOCK_RAW, 6)}
            sender = self._add("sender", self.source, socket.AF_INET, *kind[asked.proto])
        sender.setsockopt(socket.IPPROTO_IP, _MTU_DISCOVER, _PROBE)
        try:
            if asked.proto == "udp":
                sender.bind((asked.sender, key))
                sender.sendto(payload, (asked.address, asked.port))
            elif asked.proto == "icmp":
                sender.bind((asked.sender, 0))
                sender.sendto(frames.echo(8, key, payload), (asked.address, 0))
            else:
                sender.bind((asked.sender, 0))
                src, dst = socket.inet_aton(asked.sender), socket.inet_aton(asked.address)
                sequence = frames.isn(self.magic, number)
                sender.sendto(frames.syn(src, dst, key, asked.port, sequence), (asked.address, 0))
        except OSError as bad:
            truth.local = bad.errno == errno.EMSGSIZE
            truth.refused = os.strerror(bad.errno or 0)

    # -- hearing ------------------------------------------------------------------------------------------

    def _drain(self, wait_s: float) -> bool:
        """Take what has come; whether anything of interest had."""
        heard = False
        for fd, _ in self._poll.poll(wait_s):
            kind, space, source = self._watch[fd]
            while True:
                try:
                    data, control, _, address = source.recvmsg(2048, 512)
                except BlockingIOError:
                    break
                except OSError:  # an ICMP error, told to a socket; it is seen on the wire as well
                    continue
                if kind == "tap":
                    heard |= self._tapped(space, data, control, address)
                elif kind == "udp":
                    self._asked_udp(space, source, data, control, address)
                elif kind != "sender" or self.cloud.plan.asked.proto != "udp":
                    self._raw(kind, space, source, data, address)
                else:
                    self._home(space, data, address)
        return heard

    def _tapped(self, space: str, data: bytes, control: object, address: tuple[object, ...]) -> bool:
        device, _, kind = str(address[0]), address[1], address[2]
        if device == "lo":
            return False
        ours = frames.read(data, self.magic)
        if ours is None:
            return len(data) > 14 and frames.is_arp(data)
        if ours.probe < len(self.truths):
            way = "out" if kind == _OUTGOING else "in"
            self.truths[ours.probe].sights.append(
                Sight(_stamp(control), space, device, way, kind == _OTHERHOST, ours)
            )
        return True

    def _asked_udp(
        self, space: str, source: socket.socket, data: bytes, control: object, address: tuple[str, int]
    ) -> None:
        number = self._number(data)
        if number is None or data[9:10] != b"Q":
            return
        truth = self.truths[number]
        truth.taken.append(space)
        self._answer(truth, source, frames.answer(data, truth.back), control, address)

    def _answer(
        self, truth: Truth, source: socket.socket, data: bytes, control: object, address: tuple[str, int]
    ) -> None:
        """From the very address that was asked."""
        told = next(info for level, kind, info in control if (level, kind) == (0, _PKTINFO))  # type: ignore[attr-defined]
        asked = struct.pack("I4s4s", 0, told[8:12], bytes(4))
        try:
            source.sendmsg([data], [(socket.IPPROTO_IP, _PKTINFO, asked)], 0, address)
        except OSError as bad:
            if bad.errno == errno.EMSGSIZE:
                truth.told.append((REPLY, 3, 4, "itself"))

    def _raw(
        self, kind: str, space: str, source: socket.socket, data: bytes, address: tuple[str, int]
    ) -> None:
        ours = frames.read_packet(data, self.magic)
        if ours is None or ours.probe >= len(self.truths):
            return
        truth = self.truths[ours.probe]
        if ours.what == ERROR:
            own = REQUEST if space == self.source else REPLY
            if kind == "icmp" and ours.about == own:
                if ours.icmp == (3, 3) and own == REQUEST:
                    truth.refused_by.append(socket.inet_ntoa(ours.src))
                truth.told.append((ours.about, *ours.icmp, socket.inet_ntoa(ours.src)))
        elif ours.what == REPLY:
            mine = space == self.source and address[0] == self.cloud.plan.asked.address
            if ours.reset and kind == "sender" and mine:
                truth.refused_by.append(socket.inet_ntoa(ours.src))
            truth.answered |= kind == "sender" and mine and not ours.reset
        elif kind == "tcp":
            truth.taken.append(space)
        elif kind == "icmp":
            truth.taken.append(space)
            head = (data[0] & 15) * 4
            identifier = struct.unpack_from("!H", data, head + 4)[0]
            told = struct.pack("I4s4s", 0, bytes(4), data[16:20])
            reply = frames.echo(0, identifier, frames.answer(data[head + 8 :], truth.back))
            self._answer(truth, source, reply, [(0, _PKTINFO, told)], (address[0], 0))

    def _home(self, space: str, data: bytes, address: tuple[str, int]) -> None:
        number = self._number(data)
        mine = space == self.source and address[0] == self.cloud.plan.asked.address
        if number is not None and data[9:10] == b"R" and mine:
            self.truths[number].answered = True

    def _number(self, data: bytes) -> int | None:
        found = data.find(self.magic, 0, 64)
        if found < 0 or found + 9 > len(data) or data[found + 8] >= len(self.truths):
            return None
        return data[found + 8]


def _stamp(control: object) -> float:
    for level, kind, info in control:  # type: ignore[attr-defined]
        if (level, kind) == (socket.SOL_SOCKET, _TIMESTAMPNS):
            seconds, nanoseconds = struct.unpack("ll", info[:16])
            return float(seconds + nanoseconds / 1e9)
    return time.time()
