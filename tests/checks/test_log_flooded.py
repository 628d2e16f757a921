from __future__ import annotations

from typing import Any

import pytest

from mitate.analyze.checks.log_flooded import log_flooded
from mitate.model.diagnosis import State
from mitate.model.host import LogFile, LogLine

LOG = "/var/log/nova/nova-compute.log"
GB = 10**9


def flood(world: Any, lines: int = 200, every_s: float = 0.01, message: str = "cannot write tap{}") -> None:
    for number in range(lines):
        at = world.ago(5 + (lines - number) * every_s)
        world.log("nova-compute", "compute1", message.format(number), file=LOG, at=at)


def test_problem(world: Any) -> None:
    world.add(LogFile, "compute1", service="nova-compute", file=LOG, size_bytes=GB)
    flood(world)
    finding = world.only(log_flooded)
    assert finding.subject.id == "nova-compute@compute1"
    assert "1.0 GB" in finding.says
    assert "cannot write tap199" in finding.says
    assert finding.since == world.ago(5 + 200 * 0.01)


def test_problem_a_few_other_lines_do_not_hide_it(world: Any) -> None:
    world.add(LogFile, "compute1", service="nova-compute", file=LOG, size_bytes=GB)
    flood(world, 190)
    world.log("nova-compute", "compute1", "something else", file=LOG)
    world.only(log_flooded)


def test_ok_large_only(world: Any) -> None:
    world.add(LogFile, "compute1", service="nova-compute", file=LOG, size_bytes=GB)
    assert world.state(log_flooded) is State.OK


@pytest.mark.parametrize("flooded", [{"lines": 60}, {"every_s": 5.0}])
def test_ok_an_error_that_comes_again_and_again(world: Any, flooded: dict[str, Any]) -> None:
    world.add(LogFile, "compute1", service="nova-compute", file=LOG, size_bytes=GB)
    flood(world, **flooded)
    assert world.state(log_flooded) is State.OK


def test_ok_small(world: Any) -> None:
    world.add(LogFile, "compute1", service="nova-compute", file=LOG)
    flood(world)
    assert world.state(log_flooded) is State.OK


def test_ok_long_ago(world: Any) -> None:
    world.add(
        LogFile,
        "compute1",
        service="nova-compute",
        file=LOG,
        size_bytes=GB,
        written_at=world.ago(86_400),
    )
    flood(world)
    assert world.state(log_flooded) is State.OK


def test_unknown(world: Any) -> None:
    world.gap("compute1", LogFile, LogLine)
    assert world.state(log_flooded) is State.UNKNOWN
