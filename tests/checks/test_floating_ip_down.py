from __future__ import annotations

from typing import Any

from mitate.analyze.checks.floating_ip_down import floating_ip_down
from mitate.model.cloud import FloatingIp, Server
from mitate.model.diagnosis import State


def test_problem(wired: Any) -> None:
    wired.change(FloatingIp, status="DOWN")
    finding = wired.only(floating_ip_down)
    assert finding.symptom
    assert finding.says.endswith("is DOWN")


def test_problem_in_error_at_once(wired: Any) -> None:
    wired.change(FloatingIp, status="ERROR", updated_at=wired.world.ago(1))
    assert wired.only(floating_ip_down)


def test_ok_when_free(wired: Any) -> None:
    wired.change(FloatingIp, status="DOWN", port_id="", fixed_ip="", router_id="")
    assert wired.state(floating_ip_down) is State.OK


def test_ok_in_the_moment_of_association(wired: Any) -> None:
    wired.change(FloatingIp, status="DOWN", updated_at=wired.world.ago(5))
    assert wired.state(floating_ip_down) is State.OK


def test_ok_when_its_server_is_off(wired: Any) -> None:
    wired.change(FloatingIp, status="DOWN")
    wired.change(Server, status="SHUTOFF", power_state=4)
    assert wired.state(floating_ip_down) is State.OK


def test_unknown(wired: Any) -> None:
    wired.drop(FloatingIp)
    wired.world.gap("api", FloatingIp)
    assert wired.state(floating_ip_down) is State.UNKNOWN
