"""The exam without root: every recorded broken cloud is diagnosed rightly, the healthy one is quiet.

The recordings are real answers of the practice cloud, one for each fault while it was in force
(`mitate lab exam --record tests/recordings`). A new check sees them all, so a false alarm fails here.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from mitate.app import Truth, check_up
from mitate.lab.faults import all_faults
from mitate.report.json import render

RECORDINGS = Path(__file__).parents[1] / "recordings"


def diagnose(recording: Path) -> list[dict[str, Any]]:
    """The causes, as `mitate check --format json` writes them."""
    diagnosis = asyncio.run(check_up(Truth(bundle=recording)))
    causes: list[dict[str, Any]] = json.loads(render(diagnosis))["causes"]
    return causes


def test_every_fault_is_recorded_and_nothing_else() -> None:
    recorded = {path.name.removesuffix(".tar.gz") for path in RECORDINGS.glob("*.tar.gz")}
    assert recorded - {"healthy"} == set(all_faults())
    assert "healthy" in recorded


@pytest.mark.parametrize("name", sorted(all_faults()))
def test_the_right_cause_comes_first(name: str) -> None:
    causes = diagnose(RECORDINGS / f"{name}.tar.gz")
    assert causes, "nothing was found"
    assert all_faults()[name].expected.is_met_by(causes[0]["finding"])


def test_the_healthy_cloud_is_quiet() -> None:
    assert diagnose(RECORDINGS / "healthy.tar.gz") == []
