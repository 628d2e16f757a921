from __future__ import annotations

from typing import Any

from mitate.analyze.checks.provider_without_service import provider_without_service
from mitate.model.cloud import ComputeService, Hypervisor
from mitate.model.diagnosis import State
from mitate.model.placement import Allocation, Inventory, Provider


def left(wired: Any, name: str) -> None:
    wired.add(Provider, id="p9", name=name, root_id="p9")
    wired.add(Inventory, provider_id="p9")


def test_problem_host_is_gone(wired: Any) -> None:
    left(wired, "compute9")
    wired.add(Allocation, provider_id="p9", consumer_id="c1")
    finding = wired.only(provider_without_service)
    assert (finding.subject.kind, finding.subject.id) == ("provider", "p9")
    assert finding.says == (
        "Placement offers compute9, and no nova-compute is on a host of that name; "
        "one consumer holds a part of it"
    )


def test_problem_host_was_renamed(wired: Any) -> None:
    left(wired, "compute1.example.com")
    assert "that host's hypervisor is now compute1" in wired.only(provider_without_service).says


def test_problem_of_an_earlier_host_of_that_name(wired: Any) -> None:
    """nova-compute cannot make its own: names are unique in Placement."""
    wired.drop(Provider)
    left(wired, "compute1")
    assert "their ids differ" in wired.only(provider_without_service).says


def test_ok(wired: Any) -> None:
    assert wired.state(provider_without_service) is State.OK


def test_ok_for_what_shares_a_disk(wired: Any) -> None:
    wired.add(Provider, id="p9", name="ceph", root_id="p9")
    wired.add(Inventory, provider_id="p9", resource_class="DISK_GB")
    assert wired.state(provider_without_service) is State.OK


def test_ok_for_a_host_without_a_cell(wired: Any) -> None:
    """That is compute_not_mapped_to_cell."""
    left(wired, "compute9.example.com")
    wired.world.compute_service("nova-compute", "compute9")
    assert wired.state(provider_without_service) is State.OK


def test_ok_for_a_part_of_a_host(wired: Any) -> None:
    wired.add(Provider, id="p9", name="compute1_numa0", root_id="1", parent_id="1")
    wired.add(Inventory, provider_id="p9", resource_class="PCPU")
    assert wired.state(provider_without_service) is State.OK


def test_unknown_without_the_hypervisors(wired: Any) -> None:
    left(wired, "compute9")
    wired.drop(Hypervisor)
    wired.world.gap("api", Hypervisor)
    assert wired.state(provider_without_service) is State.UNKNOWN


def test_unknown_without_the_services(wired: Any) -> None:
    left(wired, "compute9")
    wired.drop(ComputeService)
    wired.world.gap("api", ComputeService)
    assert wired.state(provider_without_service) is State.UNKNOWN
