from __future__ import annotations

from typing import Any

from mitate.analyze.checks.zone_all_hosts_disabled import zone_all_hosts_disabled
from mitate.model.cloud import ComputeService, Server
from mitate.model.diagnosis import State


def test_problem_disabled_by_hand(world: Any) -> None:
    world.compute_service("nova-compute", "compute1")
    for name in ("compute2", "compute3"):
        world.compute_service("nova-compute", name, zone="az2", enabled=False)
    world.add(Server, id="s2", name="vm2", status="ERROR", zone="az2", fault="No valid host was found. ")
    finding = world.only(zone_all_hosts_disabled)
    assert (finding.subject.kind, finding.subject.id) == ("zone", "az2")
    assert finding.says.endswith("compute2 and compute3 are disabled; server vm2 asked for it")
    assert not finding.symptom
    assert len(finding.fix) == 2


def test_problem_down_is_a_symptom(world: Any) -> None:
    world.compute_service("nova-compute", "compute2", zone="az2", enabled=False)
    world.compute_service("nova-compute", "compute3", zone="az2", up=False)
    finding = world.only(zone_all_hosts_disabled)
    assert finding.says.endswith("compute2 is disabled, compute3 is down")
    assert finding.symptom


def test_problem_disabled_by_nova_is_a_symptom(world: Any) -> None:
    reason = "AUTO: Connection to libvirt lost: 1"
    world.compute_service("nova-compute", "compute2", enabled=False, disabled_reason=reason)
    assert world.only(zone_all_hosts_disabled).symptom


def test_ok(world: Any) -> None:
    world.compute_service("nova-compute", "compute1")
    world.compute_service("nova-compute", "compute2", enabled=False)
    world.compute_service("nova-conductor", "controller", zone="internal", up=False)
    assert world.state(zone_all_hosts_disabled) is State.OK


def test_unknown(world: Any) -> None:
    world.gap("api", ComputeService, why="403")
    assert world.state(zone_all_hosts_disabled) is State.UNKNOWN
