"""What we say Nova asks of Placement, and what its API refuses, against what Nova (26, Zed) itself does."""

from __future__ import annotations

from collections import Counter
from typing import Any
from urllib.parse import parse_qsl

import pytest

from mitate.analyze.placement.request import ask_of
from mitate.model.placement import Stage
from tests.placement.asks import draw, ours
from tests.placement.filters.base import base
from tests.placement.oracle import told

CASES = 1200
ROOT = base()
pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(ROOT is None, reason="needs root, and the base of a practice cloud (mitate lab up)"),
]


def test_same_query() -> None:
    assert ROOT is not None
    cases = [draw(seed) for seed in range(CASES)]
    said = told(ROOT, "nova_asks.py", cases)
    assert len(said) == CASES
    wrong: list[Any] = []
    tally: Counter[str] = Counter()
    for seed, (case, theirs) in enumerate(zip(cases, said, strict=True)):
        ask = ask_of(*ours(case))
        kind = next(iter(theirs))
        tally[kind] += 1
        if kind == "invalid":
            if not ask.refused:
                wrong.append((seed, theirs, "taken", case["vcpus"], case["extra_specs"], case["image"]))
            continue
        if kind == "refused" or ask.refused:
            if bool(ask.refused) != (kind == "refused") and ask.stage is Stage.REQUEST:
                wrong.append((seed, theirs, ask.refused, case["extra_specs"], case["image"]))
            continue
        mine = [_set(ask.query()), _set(ask.fallback.query()) if ask.fallback else None]
        nova = [_set(theirs["query"]), _set(theirs["fallback"]) if theirs["fallback"] else None]
        limits = "limit=" in theirs["query"]
        if mine != nova or limits == ask.unlimited:
            wrong.append((seed, nova, mine, case["extra_specs"], case["image"]))
    print(dict(tally))
    assert not wrong, f"{len(wrong)} of {CASES}: {wrong[:3]}"
    assert tally["query"] > CASES / 3


def _set(query: str) -> set[tuple[str, str]]:
    return {each for each in parse_qsl(query) if each[0] != "limit"}
