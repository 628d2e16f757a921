"""Our filters against answers of Nova's own (26, Zed) that were written down (see record.py)."""

from __future__ import annotations

import json

import pytest

from tests.placement.filters.cases import REAL
from tests.placement.filters.ours import answer
from tests.placement.filters.record import PLAIN, RECORDED, whole


@pytest.mark.parametrize("name", REAL)
def test_agrees_with_what_nova_said(name: str) -> None:
    plain = json.loads(PLAIN.read_text())
    rows = json.loads((RECORDED / f"{name}.json").read_text())
    assert rows
    said = {True: 0, False: 0}
    for row in rows:
        ours, refusal = answer(whole(row["case"], plain))
        if not ours.startswith("unseen"):
            assert (ours == "yes") == (row["nova"] == "yes"), (row, ours, refusal)
            said[ours == "yes"] += 1
    assert said[True] or name == "PciPassthroughFilter"
    assert said[False] or name in ("AllHostsFilter", "MetricsFilter")
