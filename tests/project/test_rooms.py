"""The rooms import one way, and a violation planted in a copy of the tree is seen."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINT = Path(sys.executable).with_name("lint-imports")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the sources, with the contracts."""
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def lint(tree: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINT, "--no-logo", "--no-cache"],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree / "src")},
        capture_output=True,
        text=True,
        check=False,
    )


def plant(file: Path, line: str) -> None:
    with file.open("a") as out:
        out.write(f"\n{line}\n")


def test_the_rooms_import_one_way(tree: Path) -> None:
    """The tree as it is keeps every contract."""
    done = lint(tree)
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("model/source.py", "import mitate.collect.question", "rooms point one way"),
        ("collect/place.py", "import mitate.analyze.check", "rooms point one way"),
        ("report/planted.py", "import mitate.cli", "rooms point one way"),
        ("report/planted.py", "import mitate.analyze.check", "rooms point one way"),
        ("analyze/subjects.py", "import mitate.collect.question", "analyze sees the model only"),
        ("analyze/subjects.py", "import subprocess", "analyze sees the model only"),
        ("analyze/checks/agent_process_frozen.py", "import socket", "analyze sees the model only"),
        ("lab/planted.py", "import mitate.model.host", "the lab knows nothing of the diagnosis"),
        ("app.py", "import mitate.lab", "nobody but the command line reaches for the lab"),
        (
            "analyze/checks/planted.py",
            "import mitate.analyze.checks.agent_process_frozen",
            "checks do not lean on one another",
        ),
    ],
)
def test_a_planted_violation_is_seen(tree: Path, file: str, line: str, contract: str) -> None:
    """Each contract is broken by one import in the wrong direction, and named."""
    plant(tree / "src/mitate" / file, line)
    done = lint(tree)
    assert done.returncode == 1, done.stdout
    assert f"{contract} BROKEN" in done.stdout
