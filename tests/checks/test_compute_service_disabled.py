from __future__ import annotations

from typing import Any

from mitate.analyze.checks.compute_service_disabled import compute_service_disabled
from mitate.model.cloud import ComputeService, Hypervisor
from mitate.model.diagnosis import Severity, State


def test_problem_forgotten(world: Any) -> None:
    world.compute_service("nova-compute", "compute2", enabled=False)
    world.add(Hypervisor, id="2", hostname="compute2", service_host="compute2", running_vms=3)
    finding = world.only(compute_service_disabled)
    assert (finding.subject.kind, finding.subject.id) == ("service", "nova-compute@compute2")
    assert finding.severity is Severity.WARNING
    assert "nobody wrote down why" in finding.says
    assert "3 servers" in finding.says
    assert not finding.symptom


def test_problem_with_its_reason(world: Any) -> None:
    world.compute_service("nova-compute", "compute2", enabled=False, disabled_reason="new disks, ask Kim")
    assert "new disks, ask Kim" in world.only(compute_service_disabled).says


def test_problem_disabled_by_nova_is_a_symptom(world: Any) -> None:
    reason = "AUTO: Connection to libvirt lost: 1"
    world.compute_service("nova-compute", "compute1", enabled=False, disabled_reason=reason)
    finding = world.only(compute_service_disabled)
    assert finding.symptom
    assert "Connection to libvirt lost" in finding.says
    assert finding.fix == ()


def test_ok(world: Any) -> None:
    world.compute_service("nova-compute", "compute1")
    world.compute_service("nova-compute", "compute2", up=False)
    assert world.state(compute_service_disabled) is State.OK


def test_unknown(world: Any) -> None:
    world.gap("api", ComputeService, why="403")
    assert world.state(compute_service_disabled) is State.UNKNOWN
