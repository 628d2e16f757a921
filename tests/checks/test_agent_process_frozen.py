from __future__ import annotations

from typing import Any

from mitate.analyze.checks.agent_process_frozen import agent_process_frozen
from mitate.model.cloud import NetworkAgent
from mitate.model.diagnosis import Confidence, Severity, State
from mitate.model.host import Container, Process

LB = "neutron-linuxbridge-agent"


def test_problem_stopped_by_a_signal(world: Any) -> None:
    world.agent(LB, "compute1", alive=False)
    world.process(LB, "compute1", state="T", pid=815)
    world.agent(LB, "compute2")
    world.process(LB, "compute2")
    finding = world.only(agent_process_frozen)
    assert finding.subject.id == f"{LB}@compute1"
    assert finding.subject.kind == "agent"
    assert finding.confidence is Confidence.PROVED
    assert finding.fix == ("ssh compute1 sudo kill -CONT 815",)
    assert finding.since == world.ago(300)


def test_problem_before_neutron_notices(world: Any) -> None:
    world.agent(LB, "compute1")
    world.process(LB, "compute1", state="T")
    assert world.only(agent_process_frozen).confidence is Confidence.CONFIRMED


def test_problem_seen_without_the_api(world: Any) -> None:
    world.gap("api", NetworkAgent)
    world.process(LB, "compute1", state="T")
    finding = world.only(agent_process_frozen)
    assert (finding.subject.kind, finding.subject.id) == ("agent", f"{LB}@compute1")


def test_problem_stuck_in_the_kernel(world: Any) -> None:
    world.agent(LB, "compute1", alive=False)
    world.process(LB, "compute1", state="D", pid=815)
    finding = world.only(agent_process_frozen)
    assert "kernel" in finding.says
    assert finding.fix == ("ssh compute1 sudo cat /proc/815/stack",)


def test_problem_container_paused(world: Any) -> None:
    world.agent(LB, "compute1", alive=False)
    world.process(LB, "compute1")
    world.add(Container, "compute1", name="neutron_linuxbridge_agent", service=LB, state="paused")
    finding = world.only(agent_process_frozen)
    assert finding.fix == ("ssh compute1 sudo docker unpause neutron_linuxbridge_agent",)


def test_problem_of_a_child_only_is_a_warning(world: Any) -> None:
    world.agent(LB, "compute1")
    world.process(LB, "compute1", pid=10)
    world.process(LB, "compute1", pid=11, ppid=10, state="T")
    finding = world.only(agent_process_frozen)
    assert finding.severity is Severity.WARNING
    assert "1 of 2" in finding.says


def test_ok(world: Any) -> None:
    world.agent(LB, "compute1")
    world.process(LB, "compute1", state="R")
    assert world.state(agent_process_frozen) is State.OK


def test_ok_waiting_for_the_disk_for_a_moment(world: Any) -> None:
    world.agent(LB, "compute1")
    world.process(LB, "compute1", state="D")
    assert world.state(agent_process_frozen) is State.OK


def test_ok_services_are_not_agents(world: Any) -> None:
    world.process("nova-compute", "compute1", state="T")
    assert world.state(agent_process_frozen) is State.OK


def test_unknown_without_the_process_list(world: Any) -> None:
    world.agent(LB, "compute1", alive=False)
    world.gap("compute1", Process)
    assert world.state(agent_process_frozen) is State.UNKNOWN


def test_unknown_without_the_agent_list(world: Any) -> None:
    world.gap("api", NetworkAgent)
    world.process(LB, "compute1")
    assert world.state(agent_process_frozen) is State.UNKNOWN
