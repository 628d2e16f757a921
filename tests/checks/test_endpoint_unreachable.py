from __future__ import annotations

from typing import Any

from mitate.analyze.checks.endpoint_unreachable import endpoint_unreachable
from mitate.model.cloud import Endpoint
from mitate.model.diagnosis import Severity, State


def test_problem_service_down(world: Any) -> None:
    for interface in ("public", "internal"):
        said = {"interface": interface, "url": "http://c:9696", "reason": "refused", "status": None}
        world.add(Endpoint, service="network", **said)
        world.add(Endpoint, service="image", interface=interface, url="http://c:9292")
    outcome = world.run(endpoint_unreachable)
    assert [finding.subject.id for finding in outcome.findings] == ["network/public"]
    assert "public and internal endpoint" in outcome.findings[0].says
    assert all(finding.symptom for finding in outcome.findings)


def test_problem_auth_url(world: Any) -> None:
    said = {"interface": "auth", "url": "http://c:5000", "reason": "refused", "status": None}
    world.add(Endpoint, service="identity", **said)
    assert world.only(endpoint_unreachable).subject.id == "identity/auth"


def test_problem_answers_with_an_error(world: Any) -> None:
    world.add(Endpoint, service="compute", url="http://c:8774", reason="http", status=503)
    world.add(Endpoint, service="compute", interface="internal", url="http://c:8774")
    assert "HTTP 503" in world.only(endpoint_unreachable).says


def test_problem_desk_stands_outside_is_only_mentioned(world: Any) -> None:
    for service, port in (("network", 9696), ("compute", 8774), ("image", 9292)):
        world.add(Endpoint, service=service, url=f"https://cloud.example:{port}")
        said = {
            "interface": "internal",
            "url": f"http://10.0.0.5:{port}",
            "reason": "timeout",
            "status": None,
        }
        world.add(Endpoint, service=service, **said)
    finding = world.only(endpoint_unreachable)
    assert finding.severity is Severity.INFO
    assert finding.subject.id == "*/internal"


def test_problem_no_public_endpoint_answers(world: Any) -> None:
    for service, port in (("network", 9696), ("compute", 8774)):
        world.add(Endpoint, service=service, interface="internal", url=f"http://10.0.0.5:{port}")
        world.add(Endpoint, service=service, url=f"https://vip:{port}", reason="timeout", status=None)
    assert world.only(endpoint_unreachable).severity is Severity.WARNING


def test_ok(world: Any) -> None:
    world.add(Endpoint, service="compute", url="http://c:8774", status=300)
    world.add(Endpoint, service="image", url="http://c:9292", reason="denied", status=403)
    assert world.state(endpoint_unreachable) is State.OK


def test_ok_a_wrong_url_is_another_check(world: Any) -> None:
    world.add(Endpoint, service="network", url="http://c:9969", reason="refused", status=None)
    world.add(Endpoint, service="network", interface="internal", url="http://c:9696")
    world.add(Endpoint, service="image", url="http://c:9292")
    assert world.state(endpoint_unreachable) is State.OK


def test_unknown(world: Any) -> None:
    world.gap("api", Endpoint)
    assert world.state(endpoint_unreachable) is State.UNKNOWN
