"""What a live probe costs a host: the time to arm it in many namespaces, and what bystanders feel of it.

Makes network namespaces (prbb-*) on this machine, and takes them away again. Needs root.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from measure import show

from mitate.collect.probe import program
from mitate.collect.probe.plan import How, Plan, Shot

HERE = "here"
ECHO = """
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("10.77.0.2", 7)); print(flush=True)
while True:
    data, where = s.recvfrom(100); s.sendto(data, where)
"""
PING = """
import json, socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.connect(("10.77.0.2", 7)); s.settimeout(1)
took = []
for _ in range(int(sys.argv[1])):
    began = time.perf_counter_ns(); s.send(b"x" * 56); s.recv(100)
    took.append(time.perf_counter_ns() - began)
print(json.dumps(took))
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--namespaces", type=int, default=300)
    parser.add_argument("--times", type=int, default=5, help="runs of each; the median counts")
    parser.add_argument("--echoes", type=int, default=4000, help="round trips of the bystander per run")
    options = parser.parse_args()
    if os.geteuid() != 0:
        parser.error("making network namespaces needs root")
    with namespaces(options.namespaces) as names:
        arming(names, options.times)
        bystander(names, options.times, options.echoes)


def arming(names: list[str], times: int) -> None:
    rows = []
    for count in sorted({10, 100, len(names)}):
        runs = [once(names[:count]) for _ in range(times)]
        ears, drops, total, ended = (1000 * statistics.median(column) for column in zip(*runs, strict=True))
        rows.append((str(count), f"{ears:.0f}", f"{drops:.0f}", f"{total:.0f}", f"{ended:.0f}"))
    show("Arming", ("namespaces", "sockets ms", "drops ms", "from its start ms", "gone after ms"), rows)


def once(names: list[str]) -> tuple[float, float, float, float]:
    """Seconds: for the sockets, for the drop reasons, from the start of the process, and to be gone."""
    began = time.monotonic()
    with probing(names) as (running, armed):
        total = time.monotonic() - began
        assert running.stdin
        stopped = time.monotonic()
        running.stdin.write(b'{"stop": true}\n')
        running.stdin.flush()
        running.wait(30)
    return armed["ears_s"], armed["took_s"] - armed["ears_s"], total, time.monotonic() - stopped


def bystander(names: list[str], times: int, echoes: int) -> None:
    """Round trips of UDP between two of the namespaces, with and without a probe; by turns, so that what else
    the machine does falls on both."""
    without, listened = [], []
    words = ("ip", "netns", "exec", names[1], "python3", "-c", ECHO)
    with subprocess.Popen(words, stdout=subprocess.PIPE) as echo:
        assert echo.stdout
        echo.stdout.readline()
        for _ in range(times):
            without.append(round_trip(names[0], echoes))
            with probing(names):
                listened.append(round_trip(names[0], echoes))
        echo.kill()
    rows = [
        (name, f"{statistics.median(runs):.1f}", f"{min(runs):.1f}", f"{max(runs):.1f}")
        for name, runs in (("without", without), (f"probe in {len(names)}", listened))
    ]
    show("Round trip of a bystander in µs (median of each run)", ("", "median", "least", "most"), rows)
    print(f"It grows by {statistics.median(listened) - statistics.median(without):.1f} µs.")


def round_trip(name: str, echoes: int) -> float:
    words = ("ip", "netns", "exec", name, "python3", "-c", PING, str(echoes))
    took = json.loads(subprocess.run(words, capture_output=True, check=True).stdout)
    return float(statistics.median(took)) / 1000


@contextmanager
def probing(names: list[str]) -> Iterator[tuple[subprocess.Popen[bytes], Any]]:
    """The program as a host runs it, armed in all of them; with what it said."""
    shot = Shot(host=HERE, how=How.STACK, namespace=names[0], proto="icmp", src="10.78.0.1", dst="10.78.0.2")
    plan = Plan(watch={HERE: tuple(names)}, shots=(shot,), seconds=60)
    with subprocess.Popen(program.COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as running:
        assert running.stdin
        assert running.stdout
        running.stdin.write(program.first_line(plan, HERE))
        running.stdin.flush()
        armed = json.loads(running.stdout.readline())
        assert armed["is"] == "armed", armed
        running.stdin.write(b'{"begin": true}\n')
        running.stdin.flush()
        yield running, armed
        running.kill()


@contextmanager
def namespaces(count: int) -> Iterator[list[str]]:
    """So many, of which each has loopback and a veth; the first two are joined."""
    names = [f"prbb-{number}" for number in range(count)]
    remove(names)
    try:
        batch = "".join(f"netns add {name}\n" for name in names)
        run("ip", "-batch", "-", text=batch)
        links = "link add v0 netns prbb-0 type veth peer name v1 netns prbb-1\n"
        run("ip", "-batch", "-", text=links)
        for name, device, address in (("prbb-0", "v0", "10.77.0.1/24"), ("prbb-1", "v1", "10.77.0.2/24")):
            run("ip", "-n", name, "addr", "add", address, "dev", device)
            run("ip", "-n", name, "link", "set", device, "up")
        run("ip", "netns", "exec", "prbb-0", "ping", "-c", "1", "-w", "5", "10.77.0.2")
        yield names
    finally:
        remove(names)


def remove(names: list[str]) -> None:
    batch = "".join(f"netns del {name}\n" for name in names)
    subprocess.run(("ip", "-force", "-batch", "-"), input=batch.encode(), capture_output=True, check=False)


def run(*words: str, text: str = "") -> None:
    subprocess.run(words, input=text.encode(), check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
