from __future__ import annotations

from typing import Any

from mitate.analyze.checks.clock_not_synchronised import clock_not_synchronised
from mitate.model.diagnosis import Severity, State
from mitate.model.host import TimeSync


def test_problem_daemon_without_its_servers(world: Any) -> None:
    world.add(TimeSync, "compute1", daemon="chronyd", synchronised=False)
    finding = world.only(clock_not_synchronised)
    assert finding.severity is Severity.WARNING
    assert finding.subject.id == "compute1"


def test_problem_no_daemon_is_only_mentioned(world: Any) -> None:
    world.add(TimeSync, "compute1", daemon="", synchronised=False)
    assert world.only(clock_not_synchronised).severity is Severity.INFO


def test_ok(world: Any) -> None:
    world.add(TimeSync, "compute1")
    assert world.state(clock_not_synchronised) is State.OK


def test_ok_one_of_two_daemons_keeps_it(world: Any) -> None:
    world.add(TimeSync, "compute1", daemon="ntpd", synchronised=False)
    world.add(TimeSync, "compute1", daemon="chronyd")
    assert world.state(clock_not_synchronised) is State.OK


def test_ok_nobody_could_be_asked(world: Any) -> None:
    world.add(TimeSync, "compute1", daemon="chronyd", synchronised=None)
    assert world.state(clock_not_synchronised) is State.OK


def test_unknown(world: Any) -> None:
    world.gap("compute1", TimeSync)
    assert world.state(clock_not_synchronised) is State.UNKNOWN
