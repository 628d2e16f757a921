from __future__ import annotations

from typing import Any

from mitate.analyze.checks.agent_alive_but_process_dead import agent_alive_but_process_dead
from mitate.model.diagnosis import State
from mitate.model.host import Process, Unit

OVS = "neutron-openvswitch-agent"


def test_problem_another_agent_reports_in_its_name(world: Any) -> None:
    world.reached("compute1")
    world.agent(OVS, "compute1")
    world.stopped_unit(OVS, "compute1", since=world.ago(3600))
    finding = world.only(agent_alive_but_process_dead)
    assert finding.subject.id == f"{OVS}@compute1"
    assert "under this host's name" in finding.says


def test_problem_just_stopped_and_disabled(world: Any) -> None:
    world.reached("compute1")
    world.agent(OVS, "compute1", heartbeat_at=world.ago(20))
    world.stopped_unit(OVS, "compute1", enabled="disabled", since=world.ago(10))
    assert "has not noticed" in world.only(agent_alive_but_process_dead).says


def test_ok(world: Any) -> None:
    world.agent(OVS, "compute1")
    world.process(OVS, "compute1")
    world.unit(OVS, "compute1")
    assert world.state(agent_alive_but_process_dead) is State.OK


def test_ok_just_stopped_is_another_check(world: Any) -> None:
    world.reached("compute1")
    world.agent(OVS, "compute1", heartbeat_at=world.ago(20))
    world.stopped_unit(OVS, "compute1", since=world.ago(10))
    assert world.state(agent_alive_but_process_dead) is State.OK


def test_ok_process_under_a_name_that_is_not_recognised(world: Any) -> None:
    world.reached("compute1")
    world.agent(OVS, "compute1")
    assert world.state(agent_alive_but_process_dead) is State.OK


def test_unknown(world: Any) -> None:
    world.agent(OVS, "compute1")
    world.gap("compute1", Process, Unit)
    assert world.state(agent_alive_but_process_dead) is State.UNKNOWN
