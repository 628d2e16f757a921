from __future__ import annotations

from typing import Any

from mitate.analyze.checks.service_credentials_rejected import service_credentials_rejected
from mitate.model.diagnosis import State
from mitate.model.host import CredentialTest

TEST = {"file": "/etc/nova/nova.conf", "username": "nova", "auth_url": "http://controller:5000"}


def test_problem(world: Any) -> None:
    world.add(CredentialTest, "controller", section="keystone_authtoken", status=401, **TEST)
    world.add(CredentialTest, "controller", section="placement", status=201, **TEST)
    finding = world.only(service_credentials_rejected)
    assert finding.subject.kind == "config"
    assert finding.subject.id == "controller:/etc/nova/nova.conf[keystone_authtoken]"
    assert "nova.conf" in finding.subject.name
    assert "user nova" in finding.says


def test_ok(world: Any) -> None:
    world.add(CredentialTest, "controller", section="keystone_authtoken", status=201, **TEST)
    assert world.state(service_credentials_rejected) is State.OK


def test_ok_keystone_gave_no_answer_or_another(world: Any) -> None:
    world.add(CredentialTest, "controller", section="neutron", status=None, detail="refused", **TEST)
    world.add(CredentialTest, "controller", section="placement", status=503, **TEST)
    assert world.state(service_credentials_rejected) is State.OK


def test_unknown(world: Any) -> None:
    world.gap("controller", CredentialTest, why="there is no curl")
    assert world.state(service_credentials_rejected) is State.UNKNOWN
