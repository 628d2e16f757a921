from __future__ import annotations

from typing import Any

from mitate.analyze.checks.agent_dead import agent_dead
from mitate.model.cloud import NetworkAgent
from mitate.model.diagnosis import Severity, State


def test_problem(world: Any) -> None:
    world.agent("neutron-dhcp-agent", "network", alive=False)
    finding = world.only(agent_dead)
    assert finding.symptom
    assert finding.subject.id == "neutron-dhcp-agent@network"
    assert "5 min old" in finding.says
    assert finding.since == world.ago(300)


def test_problem_of_one_that_is_admin_down_is_only_mentioned(world: Any) -> None:
    world.agent("neutron-dhcp-agent", "network", alive=False, admin_up=False, heartbeat_at=None)
    assert world.only(agent_dead).severity is Severity.INFO


def test_ok(world: Any) -> None:
    world.agent("neutron-dhcp-agent", "network")
    assert world.state(agent_dead) is State.OK


def test_ok_admin_down_late_or_fresh(world: Any) -> None:
    world.agent("neutron-dhcp-agent", "network", admin_up=False)
    world.agent("neutron-l3-agent", "network", heartbeat_at=world.ago(70))
    world.agent("neutron-metadata-agent", "network", started_at=world.ago(1), heartbeat_at=None)
    assert world.state(agent_dead) is State.OK


def test_unknown(world: Any) -> None:
    world.gap("api", NetworkAgent, why="HTTP 503")
    assert world.state(agent_dead) is State.UNKNOWN
