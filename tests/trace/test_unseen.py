"""What could not be seen is not broken: of a healthy cloud of which one host does not tell one thing, no
trace may say that something fails. Each answer of each host is taken away in turn.
"""

from __future__ import annotations

import pytest

from mitate.analyze.trace.verdict import trace
from mitate.analyze.trace.world import NEEDS, World
from mitate.collect.question import HostQuestion, all_sources
from mitate.model.snapshot import Snapshot, snapshot
from mitate.model.source import Gap
from mitate.model.trace import Verdict
from tests.trace.conftest import recorded

TOLD = {
    name: source.tells
    for name, source in all_sources().items()
    if isinstance(source.question, HostQuestion) and set(source.tells) & set(NEEDS)
}
FLOWS = [("vm1", "vm2"), ("external:198.51.100.7", "203.0.113.151"), ("vm1", "dhcp"), ("vm2", "metadata")]
HEALTHY = ("healthy", "ovs/healthy")


def without(seen: Snapshot, host: str, name: str) -> World:
    """The world in which that host did not answer that question."""
    kinds = TOLD[name]
    facts = [
        fact
        for kind in seen.facts.values()
        for fact in kind
        if not (type(fact) in kinds and fact.source.host == host)
    ]
    looked = {pair for pair in seen.looked if pair not in {(kind.__name__, host) for kind in kinds}}
    gap = Gap(host, name, "no answer within 10 s", tuple(kind.__name__ for kind in kinds))
    return World(snapshot(seen.cloud, seen.taken_at, facts, (*seen.gaps, gap), looked))


@pytest.mark.parametrize("recording", HEALTHY)
@pytest.mark.parametrize("name", sorted(TOLD))
def test_what_nobody_saw_breaks_nothing(recording: str, name: str) -> None:
    seen = recorded(recording)
    wrong = []
    for host in sorted({where for _, where in seen.looked if where != "api"}):
        world = without(seen, host, name)
        for source, destination in FLOWS:
            path = trace(world, source, destination)
            if path.verdict not in (Verdict.REACHABLE, Verdict.UNDETERMINED):
                codes = ", ".join(f"{each.code} at {each.at.host} {each.at.device}" for each in path.reasons)
                wrong.append(f"without {name} of {host}: {source} → {destination}: {path.verdict}: {codes}")
    assert wrong == []
