from __future__ import annotations

from typing import Any

from mitate.analyze.checks.port_binding_failed import port_binding_failed
from mitate.model.cloud import NetworkAgent, Port
from mitate.model.diagnosis import State


def is_vm1(port: Port) -> bool:
    return port.device_owner == "compute:nova"


def test_problem_with_a_dead_agent(wired: Any) -> None:
    wired.change(Port, is_vm1, vif_type="binding_failed")
    wired.change(NetworkAgent, lambda agent: agent.host == "compute1", alive=False)
    finding = wired.only(port_binding_failed)
    assert finding.says.endswith("could not be bound on compute1: the L2 agent there is dead")
    assert "vm1" in finding.subject.name


def test_problem_without_an_agent(wired: Any) -> None:
    wired.change(Port, is_vm1, vif_type="binding_failed", host="compute1.example.com")
    assert "no L2 agent" in wired.only(port_binding_failed).says


def test_problem_when_agents_are_not_shown(wired: Any) -> None:
    wired.change(Port, is_vm1, vif_type="binding_failed")
    wired.drop(NetworkAgent)
    assert wired.only(port_binding_failed).says.endswith("could not be bound on compute1")


def test_ok(wired: Any) -> None:
    wired.change(Port, is_vm1, vif_type="unbound", host="")
    assert wired.state(port_binding_failed) is State.OK


def test_unknown(wired: Any) -> None:
    wired.drop(Port)
    wired.world.gap("api", Port)
    assert wired.state(port_binding_failed) is State.UNKNOWN
