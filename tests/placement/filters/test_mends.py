"""Every mend alone turns the no that it belongs to into a yes: ours, and Nova's own."""

from __future__ import annotations

import pytest

from mitate.analyze.placement.answers import Mend
from tests.placement.filters.base import base, nova_says
from tests.placement.filters.cases import REAL, Case, draw
from tests.placement.filters.mending import mended
from tests.placement.filters.ours import answer

CASES, SEED = 150, 5
ROOT = base()
REFUSING = sorted(set(REAL) - {"AllHostsFilter", "MetricsFilter"})


def mends(name: str, cases: int) -> list[tuple[Case, Mend]]:
    """Each mend of each refused case."""
    found = []
    for number in range(cases):
        case = draw(name, SEED, number)
        refusal = answer(case)[1]
        if refusal:
            assert refusal.by == name
            assert refusal.seen, refusal.says
            assert case["host"]["host"] in refusal.says or "scheduler fails" in refusal.says
            found += [(case, mend) for mend in refusal.mends]
    return found


@pytest.mark.parametrize("name", REFUSING)
def test_each_cures(name: str) -> None:
    found = mends(name, CASES)
    assert found
    for case, mend in found:
        now, refusal = answer(mended(case, mend))
        assert now == "yes", (mend, refusal and refusal.says, now)


@pytest.mark.lab
@pytest.mark.skipif(ROOT is None, reason="needs root, and the base of a practice cloud (mitate lab up)")
def test_each_cures_for_nova() -> None:
    assert ROOT is not None
    found = [each for name in REFUSING for each in mends(name, 60)]
    words = nova_says(ROOT, [mended(case, mend) for case, mend in found])
    still = [
        (case["filter"], mend, word)
        for (case, mend), word in zip(found, words, strict=True)
        # metadata drawn by chance may be values that no image may have (an architecture named windows)
        if word != "yes" and not (word.startswith("invalid") and "openstack image set" in mend.commands[0])
    ]
    assert not still, f"{len(still)} of {len(found)}: {still[:3]}"
