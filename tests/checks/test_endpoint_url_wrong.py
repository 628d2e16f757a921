from __future__ import annotations

from typing import Any

from mitate.analyze.checks.endpoint_url_wrong import endpoint_url_wrong
from mitate.model.cloud import Endpoint
from mitate.model.diagnosis import Confidence, State
from mitate.model.host import Socket


def test_problem_another_interface_answers(world: Any) -> None:
    world.add(Endpoint, service="network", url="http://c:9969", reason="refused", status=None)
    world.add(Endpoint, service="network", interface="internal", url="http://c:9696")
    world.add(Endpoint, service="compute", url="http://c:8774/v2.1")
    finding = world.only(endpoint_url_wrong)
    assert (finding.subject.kind, finding.subject.id) == ("endpoint", "network/public")
    assert finding.confidence is Confidence.CONFIRMED
    assert "http://c:9696" in finding.fix[1]


def test_problem_wrong_path(world: Any) -> None:
    world.add(Endpoint, service="placement", url="http://c/plcement", reason="http", status=404)
    world.add(Endpoint, service="placement", interface="internal", url="http://c/placement")
    assert "is something else" in world.only(endpoint_url_wrong).says


def test_problem_in_every_interface_the_service_listens_elsewhere(world: Any) -> None:
    for interface in ("public", "internal", "admin"):
        url = "http://c:8747/v2.1"
        world.add(Endpoint, service="compute", interface=interface, url=url, reason="refused", status=None)
        world.add(Endpoint, service="image", interface=interface, url="http://c:9292")
    world.process("nova-api", "controller", pid=874)
    world.add(Socket, "controller", state="LISTEN", local_ip="0.0.0.0", local_port=8774, pids=(874,))
    outcome = world.run(endpoint_url_wrong)
    assert len(outcome.findings) == 3
    assert "port 8774 of controller, not on 8747" in outcome.findings[0].says
    assert "http://c:8774/v2.1" in outcome.findings[0].fix[1]


def test_problem_name_without_address(world: Any) -> None:
    for interface in ("public", "internal"):
        said = {"interface": interface, "url": "http://kontroller:9292", "reason": "dns", "status": None}
        world.add(Endpoint, service="image", **said)
        world.add(Endpoint, service="compute", interface=interface, url="http://controller:8774")
    world.process("glance-api", "controller", pid=867)
    world.add(Socket, "controller", state="LISTEN", local_port=9292, pids=(867,))
    assert len(world.run(endpoint_url_wrong).findings) == 2


def test_ok(world: Any) -> None:
    world.add(Endpoint, service="network", url="http://c:9696")
    world.add(Endpoint, service="network", interface="internal", url="http://c:9696")
    assert world.state(endpoint_url_wrong) is State.OK


def test_ok_the_service_itself_is_down(world: Any) -> None:
    for interface in ("public", "internal"):
        url = "http://c:9696"
        world.add(Endpoint, service="network", interface=interface, url=url, reason="refused", status=None)
        world.add(Endpoint, service="image", interface=interface, url="http://c:9292")
    assert world.state(endpoint_url_wrong) is State.OK


def test_ok_an_error_of_its_own_or_a_certificate(world: Any) -> None:
    world.add(Endpoint, service="compute", url="http://c:8774", reason="http", status=503)
    world.add(Endpoint, service="compute", interface="internal", url="http://10.0.0.1:8774")
    world.add(Endpoint, service="image", url="https://c:9292", reason="tls", status=None)
    world.add(Endpoint, service="image", interface="internal", url="http://10.0.0.1:9292")
    assert world.state(endpoint_url_wrong) is State.OK


def test_ok_internal_network_is_not_routed_to_this_desk(world: Any) -> None:
    for service, port in (("network", 9696), ("compute", 8774), ("image", 9292)):
        world.add(Endpoint, service=service, url=f"https://cloud.example:{port}")
        url = f"http://10.0.0.5:{port}"
        world.add(Endpoint, service=service, interface="internal", url=url, reason="timeout", status=None)
    assert world.state(endpoint_url_wrong) is State.OK


def test_ok_backends_behind_a_proxy_listen_where_they_like(world: Any) -> None:
    for interface in ("public", "internal"):
        url = "http://vip:8774/v2.1"
        world.add(Endpoint, service="compute", interface=interface, url=url, reason="refused", status=None)
        world.add(Endpoint, service="image", interface=interface, url="http://vip:9292")
    world.process("nova-api", "controller", pid=874)
    world.add(Socket, "controller", state="LISTEN", local_port=18774, pids=(874,))
    world.process(
        "haproxy", "controller", pid=12, command="/usr/sbin/haproxy -Ws -f /etc/haproxy/haproxy.cfg"
    )
    assert world.state(endpoint_url_wrong) is State.OK


def test_ok_hostile_urls(world: Any) -> None:
    for url in ("http://[", "http://c:99999999/", "", "::::", "http://c:-1"):
        world.add(Endpoint, service="image", url=url, reason="garbage", status=None)
    assert world.state(endpoint_url_wrong) is State.OK


def test_unknown(world: Any) -> None:
    world.gap("api", Endpoint)
    assert world.state(endpoint_url_wrong) is State.UNKNOWN
