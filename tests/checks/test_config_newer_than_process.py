"""Configuration that the running service has not read."""

from __future__ import annotations

from typing import Any

from mitate.analyze.checks.config_newer_than_process import config_newer_than_process as check
from mitate.model.diagnosis import State
from mitate.model.host import ConfigOption


def test_problem_changed_after_the_start(world: Any) -> None:
    world.process("nova-compute", "c1", started_at=world.ago(600))
    world.config_file("nova-compute", "c1", changed_at=world.ago(60))
    finding = world.only(check)
    assert finding.subject.id == "nova-compute@c1"
    assert "/etc/nova/nova.conf" in finding.says
    assert finding.since == world.ago(60)
    assert finding.fix == ("systemctl restart nova-compute.service",)


def test_problem_a_certificate_that_was_renewed(world: Any) -> None:
    world.process("neutron-l3-agent", "n1", started_at=world.ago(600))
    world.config_file(
        "neutron-l3-agent", "n1", path="/etc/ssl/ca.pem", position=None, changed_at=world.ago(60)
    )
    assert world.only(check).subject.kind == "agent"


def test_ok_started_after(world: Any) -> None:
    world.process("nova-compute", "c1", started_at=world.ago(59))
    world.config_file("nova-compute", "c1", changed_at=world.ago(60))
    assert world.state(check) is State.OK


def test_ok_in_the_second_of_the_restart(world: Any) -> None:
    world.process("nova-compute", "c1", started_at=world.ago(60))
    world.config_file("nova-compute", "c1", changed_at=world.ago(58))
    assert world.state(check) is State.OK


def test_ok_where_those_that_need_it_were_started_since(world: Any) -> None:
    world.process("nova-conductor", "k1", started_at=world.ago(600))
    world.process("nova-scheduler", "k1", pid=4712, started_at=world.ago(30))
    for service in ("nova-conductor", "nova-scheduler"):
        world.config_file(service, "k1", changed_at=world.ago(60))
    assert world.state(check) is State.OK


def test_unknown_where_no_times_were_told(world: Any) -> None:
    world.process("nova-compute", "c1")
    world.add(ConfigOption, "c1", service="nova-compute", name="debug", value="true")
    assert world.state(check) is State.UNKNOWN
