from __future__ import annotations

from typing import Any

import pytest

from mitate.analyze.checks.port_down import port_down
from mitate.model.cloud import Network, Port, Server
from mitate.model.diagnosis import State

VM1 = "8fd71303-f915-4cbc-bc8f-70ed05ab1dfe"


def is_vm1(port: Port) -> bool:
    return port.device_id == VM1


def test_problem(wired: Any) -> None:
    wired.change(Port, is_vm1, status="DOWN")
    finding = wired.only(port_down)
    assert finding.symptom
    assert finding.subject.name == "port 10.10.0.246 of server vm1"


@pytest.mark.parametrize(
    "port",
    [
        {"admin_up": False},
        {"vnic_type": "baremetal"},
        {"vnic_type": "direct-physical"},
        {"vif_type": "unbound"},
        {"device_owner": "trunk:subport"},
    ],
    ids=str,
)
def test_ok_when_down_is_right(wired: Any, port: dict[str, Any]) -> None:
    wired.change(Port, is_vm1, status="DOWN", **port)
    assert wired.state(port_down) is State.OK


@pytest.mark.parametrize(
    "server",
    [{"status": "SHUTOFF", "power_state": 4}, {"task_state": "migrating"}, {"status": "BUILD"}],
    ids=str,
)
def test_ok_while_the_server_does_not_run(wired: Any, server: dict[str, Any]) -> None:
    wired.change(Port, is_vm1, status="DOWN")
    wired.change(Server, **server)
    assert wired.state(port_down) is State.OK


def test_ok_when_just_attached(wired: Any) -> None:
    wired.change(Port, is_vm1, status="DOWN", created_at=wired.world.ago(8))
    assert wired.state(port_down) is State.OK


def test_ok_when_the_network_is_off(wired: Any) -> None:
    wired.change(Port, is_vm1, status="DOWN")
    wired.change(Network, admin_up=False)
    assert wired.state(port_down) is State.OK


def test_unknown(wired: Any) -> None:
    wired.drop(Port)
    wired.world.gap("api", Port)
    assert wired.state(port_down) is State.UNKNOWN
