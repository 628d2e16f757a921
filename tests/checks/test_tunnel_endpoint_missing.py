from __future__ import annotations

from typing import Any

from mitate.analyze.checks.tunnel_endpoint_missing import tunnel_endpoint_missing
from mitate.model.cloud import NetworkAgent
from mitate.model.diagnosis import State
from mitate.model.net import Address


def is_endpoint(address: Address) -> bool:
    return address.ip == "10.0.1.21"


def test_problem(wired: Any) -> None:
    wired.drop(Address, is_endpoint)
    finding = wired.only(tunnel_endpoint_missing)
    assert finding.subject.id == "neutron-linuxbridge-agent@compute1"
    assert "10.0.1.21" in finding.says


def test_problem_when_only_a_namespace_has_it(wired: Any) -> None:
    wired.change(Address, is_endpoint, namespace="qrouter-1")
    assert wired.only(tunnel_endpoint_missing)


def test_ok_in_another_spelling(wired: Any) -> None:
    wired.change(Address, is_endpoint, ip="fd00:0:0::21")
    wired.change(NetworkAgent, lambda agent: agent.tunnel_ip == "10.0.1.21", tunnel_ip="fd00::21")
    assert wired.state(tunnel_endpoint_missing) is State.OK


def test_ok_for_a_host_that_was_not_looked_at(wired: Any) -> None:
    wired.world.agent("neutron-openvswitch-agent", "compute7", tunnel_ip="10.0.1.27")
    assert wired.state(tunnel_endpoint_missing) is State.OK


def test_unknown(wired: Any) -> None:
    wired.drop(Address)
    wired.world.gap("compute1", Address)
    assert wired.state(tunnel_endpoint_missing) is State.UNKNOWN
