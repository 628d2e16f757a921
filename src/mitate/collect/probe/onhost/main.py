"""Arms everything, says so, sends when it is told to, tells what it sees, and ends.

In: lines of JSON on standard input, {"clock": true}, {"begin": true}, {"fire": [shot, number]} or
{"stop": true}. Out: lines of JSON, each with "is": armed, blind, cannot, clock, sent, seen, drop, cut, bye.
It ends when told, when its input ends, on any signal, and at the latest after the seconds of the plan, which
the kernel counts.
"""

import json
import os
import select
import signal
import socket
import struct
import sys
import threading
import time
from typing import Any

from . import drops, frames, inject, kernel
from . import filter as packet_filter
from .ears import Ear

SPACING = 0.95
"""Seconds between packets that this program does not go below, whatever it is told."""
MOST_LINES = 4000
AT_ONCE = 100
MOST_OVERHEARD = 500
"""Frames of real traffic, after which the kernel lets no more of it come up."""
_NEAREST = 0.1
"""Seconds between looks at the drops."""


def main(plan: "dict[str, Any]") -> None:
    # whoever started it may ignore some of them, and a child inherits that (nohup)
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM, signal.SIGALRM):
        signal.signal(number, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, plan["waits"])
    Program(plan).run()
    sys.stdout.flush()
    os._exit(0)


class Program:
    def __init__(self, plan: "dict[str, Any]") -> None:
        self._plan = plan
        self._cookie = bytes.fromhex(plan["cookie"])
        self._reader = frames.Reader(plan)
        self._ears = {}  # type: dict[int, Ear]
        self._injectors = {}  # type: dict[tuple[str, str], inject.Injector]
        self._drops = None  # type: drops.Drops | None
        self._poll = select.epoll()
        self._said = 0
        self._overheard = 0
        self._sent = 0.0
        self._commands = b""

    def run(self) -> None:
        began = time.time()
        self._listen()
        ears = time.time()
        unknown = self._watch_drops()
        self._prepare()
        self._say(
            "armed",
            at=time.time(),
            namespaces=len({ear.namespace for ear in self._ears.values()}),
            ears_s=ears - began,
            took_s=time.time() - began,
            drops=unknown,
            kernel=os.uname().release,
        )
        self._poll.register(0, select.EPOLLIN)
        going = True
        while going:
            for descriptor, _ in self._poll.poll(_NEAREST):
                if descriptor:
                    self._hear(self._ears[descriptor])
                else:
                    going = self._obey() and going
            self._tell_drops()
            sys.stdout.flush()
        for ear in self._ears.values():
            self._hear(ear)
        self._tell_drops()
        self._say("bye")
        self._close()

    def _close(self) -> None:
        """Each socket waits a while for the kernel when it closes: all wait together."""
        sockets = [ear.socket for ear in self._ears.values()]
        for begin in range(0, len(sockets), AT_ONCE):
            closing = [threading.Thread(target=each.close) for each in sockets[begin : begin + AT_ONCE]]
            for thread in closing:
                thread.start()
            for thread in closing:
                thread.join()

    def _say(self, what: str, **more: object) -> None:
        many = what in ("seen", "drop")
        self._said += many
        if many and self._said > MOST_LINES:
            return
        more["is"] = "cut" if many and self._said == MOST_LINES else what
        sys.stdout.write(json.dumps(more) + "\n")
        if not many:
            sys.stdout.flush()

    def _listen(self) -> None:
        """An ear for the probe in every namespace, and one for real traffic: none drowns the other."""
        overhear = self._plan["overhear"]
        programs = [(False, self._filter([]))] + [(True, self._filter(overhear))] * bool(overhear)
        for namespace in self._plan["watch"]:
            for overhears, program in programs:
                try:
                    ear = Ear(namespace, program, overhears)
                except OSError as error:
                    self._say("blind", namespace=namespace, why=_why(error))
                    break
                self._ears[ear.socket.fileno()] = ear
                self._poll.register(ear.socket.fileno(), select.EPOLLIN)

    def _filter(self, overhear: "list[str]") -> bytes:
        wanted = packet_filter.Wanted(
            self._cookie,
            [_number(address) for address in self._plan["addresses"]],
            self._reader.numbers(),
            [shot["sport"] for shot in self._plan["shots"] if shot["proto"] == "udp"],
            [_number(address) for address in overhear],
        )
        return packet_filter.compiled(wanted)

    def _watch_drops(self) -> str:
        """Why drops cannot be seen; "" when they can."""
        places = {ear.inode: ear.namespace for ear in self._ears.values()}
        try:
            addresses = [_number(address) for address in self._plan["addresses"]]
            self._drops = drops.Drops(places, self._cookie, addresses)
        except (OSError, ValueError) as error:
            return _why(error)
        return ""

    def _prepare(self) -> None:
        """Ways in for what is to be injected."""
        for at, shot in enumerate(self._plan["shots"]):
            way = (shot["namespace"], shot["device"])
            if not shot["here"] or shot["how"] != "inject" or way in self._injectors:
                continue
            try:
                self._injectors[way] = inject.Injector(way[0], way[1], at)
            except OSError as error:
                self._say("cannot", shot=at, why=_why(error))

    def _obey(self) -> bool:
        """What is on standard input; False when it is time to end."""
        data = os.read(0, 65536)
        self._commands += data
        *lines, self._commands = self._commands.split(b"\n")
        for line in lines:
            told = json.loads(line.decode())
            if "fire" in told:
                self._fire(*told["fire"])
            elif "begin" in told:
                signal.setitimer(signal.ITIMER_REAL, self._plan["lives"])
            elif "clock" in told:
                self._say("clock", at=time.time())
            else:
                return False
        return bool(data)

    def _fire(self, at: int, number: int) -> None:
        shot = self._plan["shots"][at]
        if not shot["here"] or not 0 <= number < shot["times"]:
            return
        time.sleep(max(0.0, self._sent + SPACING - time.monotonic()))
        self._sent = time.monotonic()
        sent, error = time.time(), ""
        try:
            self._send(shot, at, number)
        except OSError as failure:
            error = _why(failure)
        self._say("sent", shot=at, number=number, at=sent, error=error)

    def _send(self, shot: "dict[str, Any]", at: int, number: int) -> None:
        if shot["proto"] == "arp":
            with kernel.inside(shot["namespace"]):
                sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
                with sock:
                    sock.bind((shot["device"], 0))
                    mac = frames.mac_text(sock.getsockname()[4])
                    asked = frames.arp_request(mac, shot["src"], shot["dst"])
                    sock.send(frames.ethernet(mac, "ff:ff:ff:ff:ff:ff", 0, 0x0806, asked))
            return
        packet = frames.ip_packet(shot, self._cookie, at, number)
        if shot["how"] == "inject":
            way = self._injectors.get((shot["namespace"], shot["device"]))
            if way is None:
                raise OSError(0, "there is no way in at " + shot["device"])
            way.send(frames.ethernet(shot["smac"], shot["dmac"], shot["vlan"], 0x0800, packet))
            return
        with kernel.inside(shot["namespace"]):
            sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        with sock:
            sock.sendto(packet, (shot["dst"], 0))

    def _hear(self, ear: Ear) -> None:
        for _ in range(200):
            heard = ear.heard()
            if heard is None:
                return
            data, device, way, hatype, at, vlan = heard
            if device.startswith(inject.PREFIX):
                continue
            said = self._reader.frame(data, hatype)
            if said is None:
                continue
            if vlan:
                said["vlan"] = vlan
            if (said["kind"] == "other") != ear.overhears or (ear.overhears and not self._goes_on()):
                continue
            self._say("seen", namespace=ear.namespace, device=device, way=way, at=at, **said)

    def _goes_on(self) -> bool:
        """Whether real traffic is still to be told: a sample is enough, and a busy host has other work."""
        self._overheard += 1
        if self._overheard == MOST_OVERHEARD:
            for ear in self._ears.values():
                if ear.overhears:
                    ear.let_pass(packet_filter.NOTHING)
        return self._overheard <= MOST_OVERHEARD

    def _tell_drops(self) -> None:
        if self._drops is None:
            return
        for drop in self._drops.new():
            said = self._reader.network(drop.pop("data"), drop.pop("protocol"))
            if said is not None and said["kind"] != "other":
                self._say("drop", kind=said["kind"], shot=said.get("shot"), number=said.get("number"), **drop)


def _number(address: str) -> int:
    return int(struct.unpack(">I", socket.inet_aton(address))[0])


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
