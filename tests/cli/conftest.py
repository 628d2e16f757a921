"""The installed program, run as a person runs it; and a diagnosis for where none need be made."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mitate import app
from mitate.model.diagnosis import Cause, Diagnosis, Evidence, Finding, Outcome, Severity, Subject
from mitate.model.source import Gap

NOW = datetime(2026, 11, 22, 13, 28, tzinfo=UTC)

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """An environment without any cloud, and a home of its own."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("OS_", "MITATE_", "XDG_"))
    }
    return {**kept, "HOME": str(tmp_path), "LC_ALL": "C.UTF-8", "COLUMNS": "80"}


@pytest.fixture
def mitate(environ: dict[str, str], tmp_path: Path) -> Run:
    """``mitate("check", …)`` in an empty directory: the finished process with its output."""

    def run(*arguments: str | Path, env: Mapping[str, str] = {}) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "mitate", *map(str, arguments)],
            cwd=tmp_path,
            env={**environ, **env},
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )

    return run


@pytest.fixture
def here(environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """This very process in that environment and directory, for tests that need no process of their own."""
    for name in set(os.environ) - set(environ):
        monkeypatch.delenv(name)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def diagnosis() -> Diagnosis:
    """One critical finding, one check that is fine."""
    finding = Finding(
        "agent_process_frozen",
        Severity.CRITICAL,
        Subject("agent", "a@c", "agent on compute1", "compute1"),
        "agent on compute1 is frozen",
        (Evidence("compute1", "ps", NOW, "812 T"),),
    )
    outcomes = (Outcome("agent_process_frozen", (finding,)), Outcome("fine"))
    return Diagnosis("lab", NOW, 2.1, (Cause(1, finding, "why"),), outcomes, (), 23, 6)


@pytest.fixture
def healthy() -> Diagnosis:
    return Diagnosis("lab", NOW, 2.1, (), (Outcome("fine"),), (), 23, 6)


@pytest.fixture
def blind() -> Diagnosis:
    gap = Gap("compute1", "journal", "permission denied")
    return Diagnosis("lab", NOW, 2.1, (), (Outcome("logs", (), (gap,)),), (gap,), 23, 6)


@pytest.fixture
def concludes(monkeypatch: pytest.MonkeyPatch) -> Callable[[Diagnosis], list[app.Truth]]:
    """A fake: whatever is looked at, the app comes to that diagnosis. Returns what was looked at."""

    def conclude(diagnosis: Diagnosis) -> list[app.Truth]:
        looked: list[app.Truth] = []

        async def check_up(truth: app.Truth, **_: object) -> Diagnosis:
            looked.append(truth)
            return diagnosis

        monkeypatch.setattr(app, "check_up", check_up)
        return looked

    return conclude
