from __future__ import annotations

from typing import Any

from mitate.analyze.checks.database_schema_empty import database_schema_empty
from mitate.model.diagnosis import Severity, State
from mitate.model.host import Database


def test_problem_of_a_service_that_runs(world: Any) -> None:
    world.add(Database, "controller", name="placement", tables=0)
    world.process("placement-api", "controller")
    finding = world.only(database_schema_empty)
    assert finding.subject.id == "controller:placement"
    assert finding.severity is Severity.CRITICAL
    assert finding.fix[0].startswith("placement-manage db sync")


def test_problem_of_none_that_runs_is_a_warning(world: Any) -> None:
    world.add(Database, "controller", name="nova_cell0", tables=0)
    assert world.only(database_schema_empty).severity is Severity.WARNING


def test_ok(world: Any) -> None:
    world.add(Database, "controller", name="nova", tables=110)
    world.add(Database, "controller", name="test", tables=0)
    assert world.state(database_schema_empty) is State.OK


def test_unknown(world: Any) -> None:
    world.gap("controller", Database, why="access denied")
    assert world.state(database_schema_empty) is State.UNKNOWN
