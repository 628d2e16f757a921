from __future__ import annotations

from typing import Any

import pytest

from mitate.analyze.checks.tap_missing import tap_missing
from mitate.model.cloud import Port, Server
from mitate.model.diagnosis import State
from mitate.model.host import Domain
from mitate.model.net import Link

TAP, PORT = "tapdece6489-0c", "dece6489-0c7f-48c1-a895-5b8bc4472bd6"


@pytest.fixture
def gone(wired: Any) -> Any:
    wired.drop(Link, lambda link: link.name == TAP)
    return wired


def test_problem(gone: Any) -> None:
    finding = gone.only(tap_missing)
    assert finding.subject.host == "compute1"
    assert "its domain is running" in finding.says


def test_problem_and_on_another_host(gone: Any) -> None:
    gone.drop(Domain)
    gone.link("compute2", TAP)
    assert "it is on compute2" in gone.only(tap_missing).says


def test_ok(wired: Any) -> None:
    assert wired.state(tap_missing) is State.OK


@pytest.mark.parametrize(
    "port",
    [
        {"vnic_type": "direct", "vif_type": "hw_veb"},
        {"vif_type": "vhostuser"},
        {"vif_type": "unbound"},
        {"device_owner": "compute:kuryr", "device_id": "a-container"},
        {"host": "compute9"},
    ],
    ids=str,
)
def test_ok_for_ports_that_have_no_tap_here(gone: Any, port: dict[str, Any]) -> None:
    gone.change(Port, lambda each: each.id == PORT, **port)
    assert gone.state(tap_missing) is State.OK


@pytest.mark.parametrize(
    "server",
    [{"status": "SHUTOFF", "power_state": 4}, {"task_state": "migrating"}, {"power_state": 4}],
    ids=str,
)
def test_ok_while_the_server_does_not_run(gone: Any, server: dict[str, Any]) -> None:
    gone.change(Server, **server)
    assert gone.state(tap_missing) is State.OK


def test_unknown_when_the_host_was_not_seen(gone: Any) -> None:
    gone.drop(Link, lambda link: link.source.host == "compute1")
    gone.world.gap("compute1", Link)
    assert gone.state(tap_missing) is State.UNKNOWN
