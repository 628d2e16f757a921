from __future__ import annotations

from typing import Any

from mitate.analyze.checks.agent_process_frozen import agent_process_frozen
from mitate.model.cloud import NetworkAgent
from mitate.model.diagnosis import Confidence, State
from mitate.model.host import Process

LB = "neutron-linuxbridge-agent"


def test_problem_stopped_by_a_signal(world: Any) -> None:
    world.agent(LB, "compute1", alive=False)
    world.process(LB, "compute1", state="T", pid=815)
    world.agent(LB, "compute2")
    world.process(LB, "compute2")
    finding = world.only(agent_process_frozen)
    assert finding.subject.id == f"{LB}@compute1"
    assert finding.confidence is Confidence.PROVED
    assert finding.fix == ("kill -CONT 815",)


def test_ok(world: Any) -> None:
    world.agent(LB, "compute1")
    world.process(LB, "compute1", state="R")
    assert world.state(agent_process_frozen) is State.OK


def test_unknown_without_the_process_list(world: Any) -> None:
    world.agent(LB, "compute1", alive=False)
    world.gap("compute1", Process)
    assert world.state(agent_process_frozen) is State.UNKNOWN


def test_unknown_without_the_agent_list(world: Any) -> None:
    world.gap("api", NetworkAgent)
    world.process(LB, "compute1")
    assert world.state(agent_process_frozen) is State.UNKNOWN
