from __future__ import annotations

from typing import Any

from mitate.analyze.checks.compute_service_down import compute_service_down
from mitate.model.cloud import ComputeService
from mitate.model.diagnosis import Severity, State


def test_problem(world: Any) -> None:
    world.compute_service("nova-compute", "compute2", up=False)
    finding = world.only(compute_service_down)
    assert finding.symptom
    assert finding.subject.id == "nova-compute@compute2"


def test_problem_forced_down_explains_itself(world: Any) -> None:
    world.compute_service("nova-compute", "compute2", up=False, forced_down=True)
    finding = world.only(compute_service_down)
    assert "forced it down" in finding.says
    assert not finding.symptom
    assert finding.fix == ("openstack compute service set --up compute2 nova-compute",)


def test_problem_in_maintenance_is_a_warning(world: Any) -> None:
    world.compute_service("nova-compute", "compute2", up=False, enabled=False)
    assert world.only(compute_service_down).severity is Severity.WARNING


def test_ok(world: Any) -> None:
    world.compute_service("nova-compute", "compute1")
    world.compute_service("nova-compute", "compute2", enabled=False)
    assert world.state(compute_service_down) is State.OK


def test_unknown(world: Any) -> None:
    world.gap("api", ComputeService)
    assert world.state(compute_service_down) is State.UNKNOWN
