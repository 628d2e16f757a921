from __future__ import annotations

from typing import Any

from mitate.analyze.checks.service_without_endpoint import service_without_endpoint
from mitate.model.cloud import Endpoint
from mitate.model.diagnosis import State
from mitate.model.host import Process


def test_problem(world: Any) -> None:
    world.add(Endpoint, service="identity", url="http://c:5000/v3")
    world.process("placement-api", "controller")
    finding = world.only(service_without_endpoint)
    assert finding.subject.id == "placement-api@controller"
    assert "type placement" in finding.says


def test_ok(world: Any) -> None:
    world.add(Endpoint, service="placement", url="http://c:8778")
    world.process("placement-api", "controller")
    assert world.state(service_without_endpoint) is State.OK


def test_ok_services_that_need_none(world: Any) -> None:
    world.add(Endpoint, service="identity", url="http://c:5000/v3")
    for service in ("nova-scheduler", "heat-api", "mariadb"):
        world.process(service, "controller")
    assert world.state(service_without_endpoint) is State.OK


def test_ok_under_another_of_its_types(world: Any) -> None:
    world.add(Endpoint, service="block-storage", url="http://c:8776/v3")
    world.process("cinder-api", "controller")
    assert world.state(service_without_endpoint) is State.OK


def test_ok_catalogue_was_not_read(world: Any) -> None:
    world.add(Endpoint, service="identity", interface="auth", url="http://c:5000", reason="refused")
    world.process("placement-api", "controller")
    assert world.state(service_without_endpoint) is State.OK


def test_unknown(world: Any) -> None:
    world.process("placement-api", "controller")
    world.gap("api", Endpoint)
    assert world.state(service_without_endpoint) is State.UNKNOWN


def test_unknown_without_the_process_list(world: Any) -> None:
    world.add(Endpoint, service="identity", url="http://c:5000/v3")
    world.gap("controller", Process)
    assert world.state(service_without_endpoint) is State.UNKNOWN
