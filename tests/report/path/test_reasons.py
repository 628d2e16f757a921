"""The closed list of reasons: each whole, each once, and nobody gives any other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mitate.model.path_reasons import BY_CODE, LAYERS, PATH_REASONS, PathReason

ANALYZE = Path(__file__).parents[3] / "src/mitate/analyze"
FAMILIES = sorted({code.partition("_")[0] for code in BY_CODE})


def test_each_code_is_there_once() -> None:
    assert len(BY_CODE) == len(PATH_REASONS)
    assert {reason.layer for reason in PATH_REASONS} == set(LAYERS)


@pytest.mark.parametrize("reason", PATH_REASONS, ids=lambda reason: str(reason.code))
def test_each_is_whole(reason: PathReason) -> None:
    """One sentence of what it means; a proof and a fix, their commands between backticks."""
    assert re.fullmatch(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+", reason.code)
    assert reason.says.endswith(".")
    assert re.fullmatch(r"[A-Z].{20,}", reason.says)
    for text in (reason.proof, reason.fix):
        assert text.rstrip(")").endswith(".")
        assert text.count("`") % 2 == 0


def test_nobody_gives_another() -> None:
    """Whatever looks like a code in what walks a packet is on the list."""
    like = re.compile(rf'"((?:{"|".join(FAMILIES)})_[A-Z0-9_]+)"')
    given = {code for file in ANALYZE.rglob("trace/**/*.py") for code in like.findall(file.read_text())}
    assert "EP_SRC_ONLINK_OVERLAP" in given
    assert given <= set(BY_CODE)
