"""What holds for every check, whoever wrote it."""

from __future__ import annotations

import ast
import inspect
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mitate.analyze.check import HEADINGS, Check, all_checks
from mitate.analyze.life import ENABLED
from mitate.model.diagnosis import State
from mitate.model.snapshot import snapshot

HERE = Path(__file__).parent
CASES = ("test_problem", "test_ok", "test_unknown")

every_check = pytest.mark.parametrize("check", all_checks(), ids=lambda check: check.id)


@every_check
def test_empty_snapshot_is_unknown(check: Check) -> None:
    outcome = check.run(snapshot("nothing", datetime(2026, 1, 1, tzinfo=UTC), []))
    assert outcome.state is State.UNKNOWN
    assert outcome.unknown_because


@every_check
def test_file_function_and_id_are_one_name(check: Check) -> None:
    assert check.find.__name__ == check.id
    assert Path(inspect.getfile(check.find)).stem == check.id


@every_check
def test_declares_as_many_kinds_as_it_takes(check: Check) -> None:
    takes = 1 if check.walks else len(check.needs) + len(check.helps)
    assert len(inspect.signature(check.find).parameters) == takes
    assert check.needs


@every_check
def test_manual_has_a_title_and_its_headings(check: Check) -> None:
    lines = check.manual.splitlines()
    assert lines[0].endswith(".")
    assert not lines[1]
    headings = [line for line in lines[1:] if line and not line.startswith(" ")]
    assert tuple(headings) == HEADINGS
    assert all(len(line) <= 108 for line in lines)


@every_check
def test_has_its_three_cases(check: Check) -> None:
    """tests/checks/test_ID.py: functions that begin with test_problem, test_ok and test_unknown."""
    tree = ast.parse((HERE / f"test_{check.id}.py").read_text("utf-8"))
    names = [node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    for case in CASES:
        assert any(name.startswith(case) for name in names), f"{check.id} has no {case}…"


def test_no_test_without_its_check() -> None:
    """A test_ID.py is about a check of that id."""
    tested = {path.stem.removeprefix("test_") for path in HERE.glob("test_*.py")} - {"every_check"}
    assert tested <= {check.id for check in all_checks()}


def test_the_page_about_openstack_detective_names_checks_that_exist() -> None:
    page = (HERE.parents[1] / "docs" / "openstack-detective.md").read_text("utf-8")
    named = set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", page))
    assert named <= {check.id for check in all_checks()}


def test_a_disabled_unit_is_nobodys_problem() -> None:
    assert not {"disabled", "masked", "static", "indirect"} & set(ENABLED)
