"""How long it takes to collect everything from one network node with 300 routers, and what it costs the node.

The routers are namespaces of this machine, made for the time of the run: each with its qr- and qg- interface,
floating IPs, routes, neighbours, about 40 iptables rules and tracked connections. All host questions are
asked of this machine at once, as `mitate check --host localhost` would. Needs root.
"""

from __future__ import annotations

import argparse
import asyncio
import ctypes
import os
import resource
import statistics
import subprocess
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress

from measure import show

from mitate.collect.look import tell
from mitate.collect.question import Answer, HostQuestion, all_sources
from mitate.collect.transport.local import LocalPlace

PREFIX = "qrouter-bench-"
FLOATING = 10
"""Floating IPs of a router."""
PR_SET_CHILD_SUBREAPER = 36
SOURCES = {
    name: source for name, source in all_sources().items() if isinstance(source.question, HostQuestion)
}


def batch(commands: Iterable[str], *, check: bool = True) -> None:
    """Many commands of ip in one process."""
    text = "\n".join(commands)
    subprocess.run(["ip", "-force", "-batch", "-"], input=text, text=True, check=check, capture_output=True)


def rules(floating: Sequence[str]) -> str:
    """What the L3 agent writes into a router's namespace, for iptables-restore."""
    nat = [f"-A fip -d {ip}/32 -j DNAT --to-destination 10.0.0.{at + 10}" for at, ip in enumerate(floating)]
    nat += [f"-A float -s 10.0.0.{at + 10}/32 -j SNAT --to-source {ip}" for at, ip in enumerate(floating)]
    mangle = [f"-A mark -s 10.0.0.{at}/32 -j MARK --set-xmark 0x4000000/0xffff0000" for at in range(10)]
    pass_on = [f"-A scope -s 10.0.{at}.0/24 -j ACCEPT" for at in range(10)]
    return "\n".join(
        [
            "*nat",
            *(":fip - [0:0]", ":float - [0:0]", "-A PREROUTING -j fip", "-A POSTROUTING -j float", *nat),
            *("COMMIT", "*mangle", ":mark - [0:0]", "-A PREROUTING -j mark", *mangle),
            *("COMMIT", "*filter", ":scope - [0:0]", "-A FORWARD -j scope", *pass_on, "COMMIT", ""),
        ]
    )


def network(number: int) -> Iterator[str]:
    """The interfaces of one router, as commands of ip within its namespace."""
    qr, qg = f"qr-bench{number}", f"qg-bench{number}"
    yield from ("link set lo up", f"link set {qr} up", f"link set {qg} up")
    yield f"address add 10.0.0.1/24 dev {qr}"
    yield f"address add 203.0.113.1/24 dev {qg}"
    yield from (f"address add 203.0.113.{at + 10}/32 dev {qg}" for at in range(FLOATING))
    yield f"route add default via 203.0.113.254 dev {qg}"
    yield f"neighbour add 203.0.113.254 lladdr 02:00:00:00:00:fe dev {qg}"
    yield from (
        f"neighbour add 10.0.0.{at + 10} lladdr 02:00:00:00:01:{at:02x} dev {qr}" for at in range(FLOATING)
    )


@contextmanager
def routers(count: int) -> Iterator[None]:
    """Makes them, and takes them away again."""
    numbers = range(1, count + 1)
    text = rules([f"203.0.113.{at + 10}" for at in range(FLOATING)])
    try:
        batch(f"netns add {PREFIX}{number}" for number in numbers)
        batch(
            f"link add t{kind}{number} up type veth peer name {kind}-bench{number} netns {PREFIX}{number}"
            for number in numbers
            for kind in ("qr", "qg")
        )
        for number in numbers:
            inside = ["ip", "netns", "exec", f"{PREFIX}{number}"]
            subprocess.run(
                ["ip", "-n", f"{PREFIX}{number}", "-batch", "-"],
                input="\n".join(network(number)),
                text=True,
                check=True,
            )
            subprocess.run([*inside, "iptables-restore", "--noflush"], input=text, text=True, check=True)
            ping = ["ping", "-c1", "-W1", "-q", "10.0.0.1"]
            subprocess.run([*inside, *ping], check=True, stdout=subprocess.DEVNULL)
        yield
    finally:
        batch((f"netns del {PREFIX}{number}" for number in numbers), check=False)


def ask(questions: Sequence[HostQuestion]) -> tuple[float, float, dict[str, Answer]]:
    """Wall seconds, seconds of CPU time of all processes that it took, and the answers."""
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    answers = asyncio.run(LocalPlace(total_s=300).ask(questions))
    wall = time.monotonic() - began
    with suppress(ChildProcessError):
        while True:
            os.wait()  # every question is an orphan, and comes to us
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, sum(after[:2]) - sum(before[:2]), {n: a for n, a in answers.items() if isinstance(a, Answer)}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--routers", type=int, default=300, help="namespaces that are made")
    parser.add_argument("--times", type=int, default=3, help="runs of each; the median counts")
    parser.add_argument("--each", action="store_true", help="ask each question by itself, too")
    options = parser.parse_args()
    if os.geteuid():
        parser.error("only root can make namespaces")
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    every = [source.question for source in SOURCES.values() if isinstance(source.question, HostQuestion)]
    questions = [each for each in every if not each.slots]
    sets = {"all at once": questions}
    if options.each:
        sets |= {question.name: [question] for question in questions}
    with routers(options.routers):
        rows = [row(name, asked, options.times) for name, asked in sets.items()]
    show(
        f"{options.routers} router namespaces",
        ("questions", "wall s", "CPU s", "MB", "facts", "parsed in s"),
        rows,
    )


def row(name: str, asked: Sequence[HostQuestion], times: int) -> tuple[str, ...]:
    runs = [ask(asked) for _ in range(times)]
    answers = runs[-1][2]
    began = time.monotonic()
    told = tell("localhost", {question.name: SOURCES[question.name] for question in asked}, answers)
    parsed = time.monotonic() - began
    return (
        name,
        f"{statistics.median(run[0] for run in runs):.1f}",
        f"{statistics.median(run[1] for run in runs):.1f}",
        f"{sum(len(answer.text) for answer in answers.values()) / 1e6:.1f}",
        str(len(told.facts)),
        f"{parsed:.2f}",
    )


if __name__ == "__main__":
    main()
