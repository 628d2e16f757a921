"""The kernel is the oracle: the short run of ``./run oracle``, and that it would notice."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mitate.model.trace import Direction, Disposition, Hop, Step, Trace, Verdict
from mitate.model.trace import Path as Way
from tests.oracle.build import at
from tests.oracle.faults import draw
from tests.oracle.frames import REQUEST, Ours
from tests.oracle.judge import disagreements
from tests.oracle.plan import Plan, plan
from tests.oracle.wire import Sight, Truth

ROOT = Path(__file__).parents[2]
TOOLS = ("ip", "bridge", "nft", "iptables-restore", "ebtables-restore", "ipset", "conntrack", "nsenter")
LACKING = [
    tool for tool in TOOLS if not shutil.which(tool, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
]


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root")
@pytest.mark.skipif(bool(LACKING), reason=f"not installed: {', '.join(LACKING)}")
def test_the_kernel_agrees() -> None:
    """Twenty clouds of a seed of its own; ``./run oracle`` takes two thousand."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.oracle", "--cases", "20", "--seed", "20"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_case_is_its_seed_and_number() -> None:
    assert plan(7, 3) == plan(7, 3)
    assert draw(plan(7, 3)) == draw(plan(7, 3))
    assert plan(7, 3) != plan(8, 3)


def across() -> Plan:
    """A case in which a server asks one on another host."""
    return next(
        each
        for each in (plan(1, number) for number in range(1000))
        if each.asked.at[0] and each.asked.to[0] and each.asked.at[0] != each.asked.to[0]
    )


def said(drawn: Plan, verdict: Verdict, disposition: Disposition, dies: tuple[str, str]) -> Way:
    """A prediction: there and on, until it dies in a namespace (host, name)."""
    reason = "" if disposition.succeeds else "SG_INGRESS_DENY"
    hops = (
        Hop(*drawn.asked.at, "", "eth0", (Step("originate", "begins"), Step("exit", "out"))),
        Hop(*dies, "eth1", "", (Step("enter", "in"), Step("filter", "ends", reason=reason))),
    )
    trace = Trace(Direction.FORWARD, 84, "", hops, disposition, reason)
    now = datetime.now(UTC)
    return Way("", now, "", "", "", verdict, None if reason else 1500, (trace,))


def seen(drawn: Plan, *places: tuple[str, str]) -> Truth:
    """What the packet showed: seen in these (namespace, way), and lost."""
    ours = Ours(REQUEST, 0, b"", b"", 64)
    sights = [Sight(float(n), space, "x", way, False, ours) for n, (space, way) in enumerate(places)]
    return Truth(84, 84, sights=sights)


def test_it_notices_a_wrong_verdict() -> None:
    drawn = across()
    good = said(drawn, Verdict.REACHABLE, Disposition.DELIVERED_ENDPOINT, drawn.asked.to)
    assert disagreements(drawn, [Truth(84, 84)], good)
    home = Truth(84, 84, taken=[at(*drawn.asked.to)], answered=True)
    assert disagreements(drawn, [home], good) == []


def test_it_notices_a_wrong_size() -> None:
    drawn = across()
    good = said(drawn, Verdict.REACHABLE, Disposition.DELIVERED_ENDPOINT, drawn.asked.to)
    there = [at(*drawn.asked.to)]
    small = Truth(84, 84, taken=there, answered=True)
    told = Truth(1450, 84, told=[(REQUEST, 3, 4, "10.0.0.1")])
    back = Truth(84, 1450, taken=there, answered=True)
    assert disagreements(drawn, [small, told, back], good) == [
        "predicted a path MTU of 1500; 1450 bytes do not"
    ]


def test_it_notices_a_wrong_place() -> None:
    drawn = across()
    here, there = drawn.asked.at, drawn.asked.to
    lost = said(drawn, Verdict.UNREACHABLE_FORWARD, Disposition.DROPPED, (there[0], ""))
    truth = seen(drawn, (at(*here), "out"), (here[0], "in"), (there[0], "in"))
    assert disagreements(drawn, [truth], lost) == []
    early = seen(drawn, (at(*here), "out"), (here[0], "in"))
    assert disagreements(drawn, [early], lost)
    late = seen(drawn, (at(*here), "out"), (here[0], "in"), (there[0], "in"), (at(*there), "in"))
    assert disagreements(drawn, [late], lost)
