from __future__ import annotations

from typing import Any

import pytest

from mitate.analyze.checks.host_unreachable import host_unreachable
from mitate.model.cloud import ComputeService, Endpoint, NetworkAgent
from mitate.model.diagnosis import Confidence, Severity, State

LB = "neutron-linuxbridge-agent"


@pytest.mark.parametrize("reason", ["timeout", "refused", "unreachable", "dns", "hung"])
def test_problem_ssh_and_all_reports_fail(world: Any, reason: str) -> None:
    world.unreached("compute2", reason, "10.0.0.22 port 22")
    world.agent(LB, "compute2", alive=False)
    world.compute_service("nova-compute", "compute2", up=False)
    world.agent(LB, "compute1")
    finding = world.only(host_unreachable)
    assert (finding.subject.kind, finding.subject.id) == ("host", "compute2")
    assert finding.severity is Severity.CRITICAL
    assert finding.since == world.ago(300)


def test_problem_host_of_the_apis(world: Any) -> None:
    world.unreached("controller", "timeout")
    for service, port in (("identity", 5000), ("compute", 8774)):
        url = f"http://controller.example:{port}"
        world.add(Endpoint, service=service, url=url, reason="timeout", status=None)
    assert world.only(host_unreachable).confidence is Confidence.INFERRED


@pytest.mark.parametrize("reason", ["auth", "host_key", "sudo"])
def test_ok_it_is_we_who_may_not_look(world: Any, reason: str) -> None:
    world.unreached("compute2", reason)
    world.agent(LB, "compute2", alive=False)
    assert world.state(host_unreachable) is State.OK


def test_ok_only_ssh_fails(world: Any) -> None:
    world.unreached("compute2", "timeout")
    world.agent(LB, "compute2")
    world.compute_service("nova-compute", "compute2", up=False)
    assert world.state(host_unreachable) is State.OK


def test_ok_nothing_is_known_of_the_host(world: Any) -> None:
    world.unreached("db7", "timeout")
    assert world.state(host_unreachable) is State.OK


def test_ok(world: Any) -> None:
    world.reached("compute2")
    world.agent(LB, "compute2", alive=False)
    assert world.state(host_unreachable) is State.OK


def test_unknown_without_the_api(world: Any) -> None:
    world.unreached("compute2", "timeout")
    world.gap("api", NetworkAgent, ComputeService)
    assert world.state(host_unreachable) is State.UNKNOWN
