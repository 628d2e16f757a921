"""``mitate record``: what it says of the recording, and its status. What is seen is a fake here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mitate import app
from mitate.cli.main import main
from mitate.model.diagnosis import Diagnosis

Concludes = Callable[[Diagnosis], list[app.Truth]]
Capture = pytest.CaptureFixture[str]


def record(tmp_path: Path) -> int:
    return main(["record", "--cloud", "lab", "-o", str(tmp_path / "lab.tar.gz")])


def test_a_recording_of_a_broken_cloud_is_a_success(
    concludes: Concludes, diagnosis: Diagnosis, tmp_path: Path, capsys: Capture
) -> None:
    concludes(diagnosis)
    assert record(tmp_path) == 0
    file = tmp_path / "lab.tar.gz"
    assert capsys.readouterr().out == (
        f"Recorded cloud lab in {file}: 2.1 s, 23 API requests, 6 hosts.\n"
        f"Look at it: mitate check --bundle {file}\n"
    )


def test_what_is_not_in_it_is_named(
    concludes: Concludes, blind: Diagnosis, tmp_path: Path, capsys: Capture
) -> None:
    """Nothing at all could be seen: status 3."""
    concludes(blind)
    assert record(tmp_path) == 3
    assert "\n  not in it: compute1: journal: permission denied\n" in capsys.readouterr().out


def test_a_recording_that_cannot_be_kept_loses_no_diagnosis(
    monkeypatch: pytest.MonkeyPatch, diagnosis: Diagnosis, tmp_path: Path, capsys: Capture
) -> None:
    async def check_up(*_: object, **__: object) -> Diagnosis:
        raise app.NotRecorded("the disk is full", diagnosis)

    monkeypatch.setattr(app, "check_up", check_up)
    assert record(tmp_path) == 2
    told = capsys.readouterr()
    assert "agent on compute1 is frozen" in told.out
    assert told.err == "mitate: the disk is full.\n"
