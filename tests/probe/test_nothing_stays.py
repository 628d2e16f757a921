"""What a probe leaves behind: nothing, however it ends."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import pairwise
from typing import Any

import pytest

from mitate.collect.probe import program
from mitate.collect.probe.plan import How, Plan, Shot

HERE = "here"
Ending = Callable[["subprocess.Popen[bytes]"], object]


@pytest.fixture
def started() -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts the program (see ``start``), and puts it away."""
    with ExitStack() as stack:
        yield lambda *given, **more: stack.enter_context(start(*given, **more))


def start(
    small: Any, line: Callable[[bytes], bytes] = lambda line: line, **more: Any
) -> subprocess.Popen[bytes]:
    """The program as a host runs it, armed, with a way in at the tap."""
    shots = (
        Shot(
            host=HERE, how=How.INJECT, namespace="prb-cmp", device="tapvm", proto="icmp", src="10.10.0.10",
            dst="203.0.113.100", smac=small.mac("prb-vm", "eth0"), dmac=small.mac("prb-qr", "qr-1"), times=5,
        ),
    )  # fmt: skip
    plan = Plan(watch={HERE: ("prb-cmp", "prb-qr")}, shots=shots, **more)
    running = subprocess.Popen(program.COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert running.stdin
    running.stdin.write(line(program.first_line(plan, HERE)))
    running.stdin.flush()
    assert say(running)["is"] == "armed"
    return running


def say(running: subprocess.Popen[bytes]) -> Any:
    assert running.stdout
    return json.loads(running.stdout.readline())


def tell(running: subprocess.Popen[bytes], **told: object) -> None:
    assert running.stdin
    running.stdin.write(json.dumps(told).encode() + b"\n")
    running.stdin.flush()


def until(running: subprocess.Popen[bytes], what: str) -> Any:
    while (said := say(running))["is"] != what:
        pass
    return said


ENDINGS: dict[str, Ending] = {
    "told": lambda running: tell(running, stop=True),
    "its input ends": lambda running: running.stdin and running.stdin.close(),
    "SIGTERM": lambda running: running.terminate(),
    "SIGINT": lambda running: running.send_signal(signal.SIGINT),
    "SIGHUP": lambda running: running.send_signal(signal.SIGHUP),
    "SIGKILL": lambda running: running.kill(),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_hosts_are_as_before(small: Any, started: Any, eventually: Any, ending: str) -> None:
    before = small.state()
    running = started(small)
    tell(running, fire=[0, 0])
    assert until(running, "sent")["error"] == ""
    during = small.state()
    assert {key for key in before if before[key] != during[key]} >= {"prb-cmp links", "programs"}
    ENDINGS[ending](running)
    running.wait(30)
    eventually(small.state, before)


def test_it_ends_by_itself_when_nobody_tells_it_to(small: Any, started: Any, eventually: Any) -> None:
    """A connection that hangs for ever: the kernel's timer ends it, here after a second."""
    before = small.state()

    def hasty(line: bytes) -> bytes:
        boot, given = json.loads(line)
        assert given["plan"]["waits"] == 35
        assert given["plan"]["lives"] == pytest.approx(5 * 1.1 + 2 + 5)
        given["plan"]["waits"] = given["plan"]["lives"] = 1
        return json.dumps([boot, given]).encode() + b"\n"

    running = started(small, hasty, seconds=2)
    began = time.monotonic()
    assert running.wait(30) == -signal.SIGALRM
    assert time.monotonic() - began < 2
    eventually(small.state, before)


def test_it_does_not_send_faster_than_a_packet_a_second(small: Any, started: Any) -> None:
    """Whatever it is told: all at once, what is not in the plan, more than the plan says."""
    running = started(small)
    for number in range(3):
        tell(running, fire=[0, number])
    tell(running, fire=[0, 7])
    tell(running, stop=True)
    sent = []
    while (said := say(running))["is"] != "bye":
        if said["is"] == "sent":
            sent.append(said["at"])
    assert len(sent) == 3
    assert min(b - a for a, b in pairwise(sent)) > 0.9
    running.wait(30)


def test_kernels_without_tcx_are_served_by_clsact(small: Any, started: Any, eventually: Any) -> None:
    """Stands in for a kernel before 6.6: the attach type is one that this kernel does not know."""
    before = small.state()

    def older(line: bytes) -> bytes:
        assert b"_LINK_CREATE, _TCX_INGRESS = 28, 46" in line
        return line.replace(b"_LINK_CREATE, _TCX_INGRESS = 28, 46", b"_LINK_CREATE, _TCX_INGRESS = 28, 9999")

    running = started(small, older)
    assert "clsact" in small.inside("prb-cmp", "tc", "qdisc", "show")
    tell(running, fire=[0, 0])
    assert until(running, "seen")["device"] in ("tapvm", "qr-1")
    running.kill()
    running.wait()
    eventually(small.state, before)


def test_the_scratch_link_says_nothing_itself(small: Any, started: Any) -> None:
    running = started(small)
    scratch = next(name for name in small.links("prb-cmp") if name.startswith("mitate"))
    addresses = json.loads(small.ip("-n", "prb-cmp", "-j", "addr", "show", "dev", scratch))[0]["addr_info"]
    assert addresses == []
    running.kill()
    running.wait()
