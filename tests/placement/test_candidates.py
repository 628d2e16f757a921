"""Which hosts Placement offers, and which demands no host meets together: against the real one (Zed)."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from mitate.analyze.placement.candidates import refusal
from mitate.analyze.placement.cloud import Cloud
from mitate.analyze.placement.minimal import unsatisfiable
from mitate.analyze.placement.request import Ask
from mitate.analyze.placement.tree import together
from mitate.model.placement import Wanted
from tests.placement.clouds import ask_for, draw, known, subsets
from tests.placement.filters.base import base
from tests.placement.oracle import told

CASES = 320
EVERY_SUBSET = 20
"""Cases of which Placement is asked every single, pair and triple, too."""
WANTED = Wanted(name="vm", flavor_name="f", vcpus=1, ram_mb=1, disk_gb=1)
ROOT = base()
pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(ROOT is None, reason="needs root, and the base of a practice cloud (mitate lab up)"),
]


def test_same_hosts_and_minimal_sets() -> None:
    assert ROOT is not None
    cases: list[dict[str, Any]] = []
    asks: list[Ask] = []
    seed = -1
    while len(cases) < CASES:
        seed += 1
        case = draw(seed)
        ask = ask_for(case, seed)
        if not ask.query() or _conflict(ask):
            continue
        parts = subsets(ask) if len(cases) < EVERY_SUBSET and len(ask.constraints) < 8 else []
        case["queries"] = [ask.query(), *(ask.only(each) for each in parts if ask.only(each))]
        cases.append(case)
        asks.append(ask)
    said: list[Any] = told(ROOT, "placement_says.py", cases)
    wrong: list[Any] = []
    tally: Counter[str] = Counter()
    for number, (case, ask, answers) in enumerate(zip(cases, asks, said, strict=True)):
        assert "roots" in answers[0], (number, answers[0], ask.query())
        cloud = known(case)
        theirs, ours = set(answers[0]["roots"]), _offered(ask, cloud)
        tally["none" if not theirs else "some"] += 1
        tally["nested"] += any(each["parent"] for each in case["providers"])
        if theirs != ours:
            wrong.append((number, ask.query(), sorted(theirs), sorted(ours)))
        if len(answers) > 1:
            empty = {
                query: not each["roots"]
                for query, each in zip(case["queries"], answers, strict=True)
                if "roots" in each
            }
            wrong += [(number, each) for each in _wrong_sets(ask, cloud, empty, tally)]
    print(dict(tally))
    assert not wrong, f"{len(wrong)}: {wrong[:4]}"
    assert min(tally["none"], tally["some"], tally["nested"]) > CASES / 10


def _offered(ask: Ask, cloud: Cloud) -> set[str]:
    found = set()
    for host in cloud.hosts:
        assert host.provider
        if any(refusal(each, host, WANTED, cloud) for each in ask.constraints):
            continue
        if together(ask.constraints, ask.group_policy, host, WANTED, cloud) is None:
            found.add(host.provider.id)
    return found


def _wrong_sets(ask: Ask, cloud: Cloud, empty: dict[str, bool], tally: Counter[str]) -> list[Any]:
    """Every set that we name has no candidate and is minimal; every set without one contains one of ours."""
    met = {
        each: sum(1 << at for at, host in enumerate(cloud.hosts) if not refusal(each, host, WANTED, cloud))
        for each in ask.constraints
    }
    sets = unsatisfiable(ask, cloud, met)
    tally["sets"] += len(sets)
    wrong: list[Any] = [("has candidates", each) for each in sets if not empty.get(ask.only(each), True)]
    for part in subsets(ask):
        query = ask.only(part)
        if empty.get(query) and not any(set(each) <= set(part) for each in sets):
            wrong.append(("not named", part))
    return wrong


def _conflict(ask: Ask) -> bool:
    """Placement does not take a trait that is demanded and forbidden in one group."""
    kinds = {(each.kind, each.name, each.group, each.root) for each in ask.constraints}
    return any(
        kind == "trait" and ("no_trait", name, group, root) in kinds for kind, name, group, root in kinds
    )
