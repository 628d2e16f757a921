from __future__ import annotations

from typing import Any

from mitate.analyze.checks.log_stopped_growing import log_stopped_growing
from mitate.model.diagnosis import State
from mitate.model.host import LogFile, OpenLog

LOG = "/var/log/nova/nova-compute.log"


def test_problem_deleted(world: Any) -> None:
    world.add(OpenLog, "compute1", service="nova-compute", file=LOG, deleted=True)
    finding = world.only(log_stopped_growing)
    assert finding.subject.id == "nova-compute@compute1"
    assert "deleted" in finding.says


def test_problem_moved_away_and_made_anew(world: Any) -> None:
    world.add(OpenLog, "compute1", service="nova-compute", file=f"{LOG}.1")
    world.add(LogFile, "compute1", service="nova-compute", file=LOG)
    finding = world.only(log_stopped_growing)
    assert f"{LOG} does not grow" in finding.says
    assert finding.since == world.now


def test_problem_named_by_date(world: Any) -> None:
    world.add(OpenLog, "net1", service="neutron-l3-agent", file="/var/log/neutron/l3-agent.log-20261122")
    assert world.only(log_stopped_growing).subject.kind == "agent"


def test_problem_is_told_once_for_all_processes_of_a_service(world: Any) -> None:
    for pid in (1, 2):
        world.add(OpenLog, "c", service="neutron-api", pid=pid, file="/var/log/neutron/x.log", deleted=True)
    world.only(log_stopped_growing)


def test_ok_it_has_the_new_one_open(world: Any) -> None:
    world.add(OpenLog, "compute1", service="nova-compute", file=f"{LOG}.1")
    world.add(OpenLog, "compute1", service="nova-compute", file=LOG)
    assert world.state(log_stopped_growing) is State.OK


def test_ok_another_host(world: Any) -> None:
    world.add(OpenLog, "compute1", service="nova-compute", file=LOG)
    assert world.state(log_stopped_growing) is State.OK


def test_unknown_nobody_may_look(world: Any) -> None:
    world.add(LogFile, "compute1", service="nova-compute", file=LOG)
    world.gap("compute1", OpenLog)
    assert world.state(log_stopped_growing) is State.UNKNOWN
