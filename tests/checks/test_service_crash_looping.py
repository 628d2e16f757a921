from __future__ import annotations

from typing import Any

from mitate.analyze.checks.service_crash_looping import service_crash_looping
from mitate.model.diagnosis import State
from mitate.model.host import Container, Process, Unit


def test_problem_auto_restart(world: Any) -> None:
    world.unit("nova-compute", "compute1", active="activating", sub="auto-restart", restarts=4, exit_status=1)
    finding = world.only(service_crash_looping)
    assert (finding.subject.kind, finding.subject.id) == ("service", "nova-compute@compute1")
    assert "4 times" in finding.says
    assert "exit status 1" in finding.says


def test_problem_systemd_gave_up(world: Any) -> None:
    world.stopped_unit(
        "keystone", "controller", active="failed", restarts=5, result="exit-code", exit_status=1
    )
    assert world.only(service_crash_looping).subject.id == "keystone@controller"


def test_problem_container_restarting(world: Any) -> None:
    world.add(
        Container,
        "compute1",
        name="nova_compute",
        service="nova-compute",
        state="restarting",
        status="Restarting (1) 5 seconds ago",
    )
    finding = world.only(service_crash_looping)
    assert "Restarting (1)" in finding.says
    assert finding.fix == ("ssh compute1 sudo docker logs --tail 50 nova_compute",)


def test_ok(world: Any) -> None:
    world.unit("nova-compute", "compute1", restarts=0)
    world.process("nova-compute", "compute1")
    assert world.state(service_crash_looping) is State.OK


def test_ok_killed_when_it_did_not_stop_in_time(world: Any) -> None:
    world.stopped_unit("nova-compute", "compute1", active="failed", restarts=2, result="timeout")
    assert world.state(service_crash_looping) is State.OK


def test_ok_first_start(world: Any) -> None:
    world.unit("nova-compute", "compute1", active="activating", sub="start", restarts=0)
    world.process("nova-compute", "compute1", started_at=world.ago(3))
    assert world.state(service_crash_looping) is State.OK


def test_unknown(world: Any) -> None:
    world.gap("compute1", Process, Unit)
    assert world.state(service_crash_looping) is State.UNKNOWN
