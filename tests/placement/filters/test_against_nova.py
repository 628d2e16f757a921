"""Our filters against Nova's own (26, Zed): they agree wherever ours can tell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import pytest

from tests.placement.filters.base import base, nova_says
from tests.placement.filters.cases import REAL, Case, draw
from tests.placement.filters.ours import answer

CASES, SEED = 400, 4
MOSTLY_HIDDEN = {
    "AggregateIoOpsFilter",
    "IoOpsFilter",
    "MetricsFilter",
    "NUMATopologyFilter",
    "PciPassthroughFilter",
}
"""Filters that look at what the API does not tell."""
ROOT = base()

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(ROOT is None, reason="needs root, and the base of a practice cloud (mitate lab up)"),
]
Asked = Mapping[str, Sequence[tuple[Case, str]]]


@pytest.fixture(scope="module")
def asked() -> Asked:
    """The cases of every filter with Nova's word for each."""
    assert ROOT is not None
    cases = [draw(name, SEED, number) for name in REAL for number in range(CASES)]
    words = nova_says(ROOT, cases)
    pairs = list(zip(cases, words, strict=True))
    return {
        name: pairs[start : start + CASES]
        for name, start in zip(REAL, range(0, len(pairs), CASES), strict=True)
    }


@pytest.mark.parametrize("name", REAL)
def test_agrees(name: str, asked: Asked) -> None:
    tally: Counter[str] = Counter()
    wrong = []
    for number, (case, word) in enumerate(asked[name]):
        if word.startswith("invalid"):
            tally["invalid"] += 1
            continue
        ours, refusal = answer(case)
        tally[ours.split()[0]] += 1
        if not ours.startswith("unseen") and (ours == "yes") != (word == "yes"):
            wrong.append((number, word, ours, refusal.says if refusal else ""))
    print(name, dict(tally))
    assert not wrong, f"{len(wrong)} of {CASES}: {wrong[:5]}"
    assert CASES - tally["invalid"] >= 300
    if name not in MOSTLY_HIDDEN:
        assert tally["unseen"] < CASES / 4
    if name not in MOSTLY_HIDDEN | {"AllHostsFilter"}:
        assert min(tally["yes"], tally["no"]) > CASES / 10
