from __future__ import annotations

from typing import Any

from mitate.analyze.checks.ghost_agent import ghost_agent
from mitate.model.cloud import NetworkAgent
from mitate.model.diagnosis import Severity, State

OVS = "neutron-openvswitch-agent"


def test_problem(world: Any) -> None:
    world.agent(OVS, "compute1", alive=False, id="old", heartbeat_at=world.ago(90_000))
    world.agent(OVS, "compute1.example.com", id="new", started_at=world.ago(80_000))
    finding = world.only(ghost_agent)
    assert finding.subject.id == f"{OVS}@compute1"
    assert finding.severity is Severity.WARNING
    assert finding.fix[1] == "openstack network agent delete old"


def test_ok(world: Any) -> None:
    world.agent(OVS, "compute1", started_at=world.ago(80_000))
    world.agent(OVS, "compute2", alive=False)
    assert world.state(ghost_agent) is State.OK


def test_ok_two_machines_in_two_domains(world: Any) -> None:
    world.agent(OVS, "compute1.east.example", alive=False, heartbeat_at=world.ago(90_000))
    world.agent(OVS, "compute1.west.example", started_at=world.ago(80_000))
    world.agent("neutron-l3-agent", "compute1.east.example.org", started_at=world.ago(80_000))
    assert world.state(ghost_agent) is State.OK


def test_ok_both_were_alive_at_one_time(world: Any) -> None:
    world.agent(OVS, "compute1", alive=False, heartbeat_at=world.ago(600))
    world.agent(OVS, "compute1.example.com", started_at=world.ago(80_000))
    assert world.state(ghost_agent) is State.OK


def test_unknown(world: Any) -> None:
    world.gap("api", NetworkAgent)
    assert world.state(ghost_agent) is State.UNKNOWN
