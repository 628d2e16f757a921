from __future__ import annotations

from typing import Any

import pytest

from mitate.analyze.checks.agent_sees_no_devices import agent_sees_no_devices
from mitate.model.cloud import NetworkAgent, Port, Server
from mitate.model.diagnosis import State


@pytest.fixture
def blind(wired: Any) -> Any:
    wired.change(NetworkAgent, lambda agent: agent.host == "compute1", devices=0)
    return wired


def test_problem(blind: Any) -> None:
    finding = blind.only(agent_sees_no_devices)
    assert finding.subject.id == "neutron-linuxbridge-agent@compute1"
    assert "1 port of running servers" in finding.says


def test_ok(wired: Any) -> None:
    assert wired.state(agent_sees_no_devices) is State.OK


def test_ok_when_it_has_just_started(blind: Any) -> None:
    blind.change(NetworkAgent, lambda agent: agent.host == "compute1", started_at=blind.world.ago(60))
    assert blind.state(agent_sees_no_devices) is State.OK


def test_ok_when_no_server_runs_there(blind: Any) -> None:
    blind.change(Server, status="SHUTOFF")
    assert blind.state(agent_sees_no_devices) is State.OK


def test_ok_when_the_ports_are_another_agents(blind: Any) -> None:
    blind.change(Port, vif_type="hw_veb")
    assert blind.state(agent_sees_no_devices) is State.OK


def test_ok_of_an_agent_that_counts_only_when_it_scans(blind: Any) -> None:
    """Open vSwitch's: what came after its first scan is not in the number."""
    blind.change(NetworkAgent, lambda agent: agent.host == "compute1", type="Open vSwitch agent")
    blind.change(Port, vif_type="ovs")
    assert blind.state(agent_sees_no_devices) is State.OK


def test_ok_when_it_does_not_count(blind: Any) -> None:
    blind.change(NetworkAgent, devices=None)
    assert blind.state(agent_sees_no_devices) is State.OK


def test_unknown(wired: Any) -> None:
    wired.drop(NetworkAgent)
    wired.world.gap("api", NetworkAgent)
    assert wired.state(agent_sees_no_devices) is State.UNKNOWN
