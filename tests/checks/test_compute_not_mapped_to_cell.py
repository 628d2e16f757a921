from __future__ import annotations

from typing import Any

from mitate.analyze.checks.compute_not_mapped_to_cell import compute_not_mapped_to_cell
from mitate.model.cloud import Hypervisor, Server
from mitate.model.diagnosis import Confidence, Severity, State
from mitate.model.placement import Provider


def install(wired: Any, **fields: Any) -> None:
    wired.world.compute_service("nova-compute", "compute9", **fields)
    wired.add(Provider, id="p9", name="compute9.example.com", root_id="p9")


def test_problem(wired: Any) -> None:
    install(wired)
    finding = wired.only(compute_not_mapped_to_cell)
    assert (finding.subject.kind, finding.subject.id) == ("service", "nova-compute@compute9")
    assert finding.severity is Severity.WARNING
    assert "nova-manage cell_v2 discover_hosts --verbose" in finding.fix


def test_problem_that_a_server_met(wired: Any) -> None:
    install(wired)
    fault = "Host 'compute9' is not mapped to any cell"
    wired.add(Server, id="s2", name="vm2", status="ERROR", fault=fault)
    finding = wired.only(compute_not_mapped_to_cell)
    assert "server vm2 failed for that" in finding.says
    assert finding.confidence is Confidence.PROVED


def test_problem_of_a_host_that_is_down_is_a_note(wired: Any) -> None:
    install(wired, up=False)
    assert wired.only(compute_not_mapped_to_cell).severity is Severity.INFO


def test_ok(wired: Any) -> None:
    assert wired.state(compute_not_mapped_to_cell) is State.OK


def test_ok_for_a_host_that_has_not_registered_itself(wired: Any) -> None:
    """Nor does Placement know it: it has just started, or is in other trouble, or serves bare metal."""
    wired.world.compute_service("nova-compute", "compute9")
    assert wired.state(compute_not_mapped_to_cell) is State.OK


def test_unknown(wired: Any) -> None:
    wired.drop(Hypervisor)
    wired.world.gap("api", Hypervisor)
    assert wired.state(compute_not_mapped_to_cell) is State.UNKNOWN
