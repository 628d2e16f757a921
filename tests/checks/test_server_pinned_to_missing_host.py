from __future__ import annotations

from typing import Any

from mitate.analyze.checks.server_pinned_to_missing_host import server_pinned_to_missing_host
from mitate.model.cloud import ComputeService, Server
from mitate.model.diagnosis import State

SAID = "No valid host was found. No such host - host: {} node: None "


def pin(wired: Any, host: str, **fields: Any) -> None:
    wired.add(
        Server, **{"id": "s2", "name": "pinned", "status": "ERROR", "fault": SAID.format(host), **fields}
    )


def test_problem(wired: Any) -> None:
    pin(wired, "nohost")
    finding = wired.only(server_pinned_to_missing_host)
    assert finding.subject.name == "server pinned"
    assert "host nohost, which no nova-compute has" in finding.says


def test_problem_with_the_name_it_may_have_meant(wired: Any) -> None:
    pin(wired, "Compute1.example.com")
    assert wired.only(server_pinned_to_missing_host).says.endswith("; there is compute1")


def test_problem_told_by_the_zone(wired: Any) -> None:
    pin(wired, "", fault="No valid host was found. There are not enough hosts available.", zone="nova:nohost")
    assert "nohost" in wired.only(server_pinned_to_missing_host).says


def test_ok_for_another_fault(wired: Any) -> None:
    pin(wired, "", fault="No valid host was found. There are not enough hosts available.", zone="nova")
    assert wired.state(server_pinned_to_missing_host) is State.OK


def test_ok_when_the_host_has_come_since(wired: Any) -> None:
    pin(wired, "compute1")
    assert wired.state(server_pinned_to_missing_host) is State.OK


def test_unknown_without_the_services(wired: Any) -> None:
    pin(wired, "nohost")
    wired.drop(ComputeService)
    wired.world.gap("api", ComputeService)
    assert wired.state(server_pinned_to_missing_host) is State.UNKNOWN
