from __future__ import annotations

from typing import Any

from mitate.analyze.checks.service_log_errors import service_log_errors
from mitate.model.diagnosis import Severity, State
from mitate.model.host import LogLine


def repeated(world: Any, times: int, every_s: float, ended_s: float = 0.0, **fields: Any) -> None:
    for number in range(times):
        said = f"[req-{number}] Failed to update inventory of 10.0.0.{number}"
        at = world.ago(ended_s + number * every_s)
        world.log("nova-compute", "compute1", said, at=at, **fields)


def test_problem_is_only_mentioned(world: Any) -> None:
    repeated(world, 20, every_s=60, ended_s=30)
    finding = world.only(service_log_errors)
    assert finding.severity is Severity.INFO
    assert finding.symptom
    assert "20 times in 19 min" in finding.says


def test_problem_of_an_agent(world: Any) -> None:
    for number in range(14):
        world.log("neutron-l3-agent", "network", "boom", at=world.ago(80 * number))
    assert world.only(service_log_errors).subject.kind == "agent"


def test_ok(world: Any) -> None:
    repeated(world, 2, every_s=60)
    assert world.state(service_log_errors) is State.OK


def test_ok_it_is_over(world: Any) -> None:
    repeated(world, 20, every_s=60, ended_s=200)
    assert world.state(service_log_errors) is State.OK


def test_ok_echo_of_an_outage_that_was_just_mended(world: Any) -> None:
    for wait in (15, 16, 18, 22, 30, 46, 76, 106, 420, 421, 423, 427, 435, 451):
        world.log("nova-compute", "compute1", "AMQP server on c:5672 is unreachable", at=world.ago(wait))
    repeated(world, 90, every_s=1, ended_s=1)
    assert world.state(service_log_errors) is State.OK


def test_ok_warnings_and_old_lines(world: Any) -> None:
    repeated(world, 20, every_s=60, level="WARNING")
    repeated(world, 20, every_s=60, ended_s=5000)
    world.log("nova-compute", "compute1", "boom", at=None)
    assert world.state(service_log_errors) is State.OK


def test_unknown(world: Any) -> None:
    world.gap("compute1", LogLine)
    assert world.state(service_log_errors) is State.UNKNOWN
