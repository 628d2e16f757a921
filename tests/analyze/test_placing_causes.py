"""What explains a server that got no host: the real cause first, the server's finding below it.

The cloud is made up: compute1 to compute3 of 8 VCPUs and 4096 MiB each, in zone az1 but for compute3 in az2,
with Nova's and Placement's words for them; a test breaks one thing and asks for a server.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from mitate.analyze.causes import causes
from mitate.analyze.check import run_checks
from mitate.model.cloud import ComputeService, Flavor, Hypervisor, Server
from mitate.model.diagnosis import Cause
from mitate.model.placement import (
    Aggregate,
    Allocation,
    Inventory,
    Provider,
    ProviderAggregates,
    ProviderTraits,
    ServerEvent,
)
from mitate.model.snapshot import snapshot
from mitate.model.source import Fact, Source

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
API = Source("api", "asked", NOW)
NO_CANDIDATES = "No valid host was found. "
FILTERED = "No valid host was found. There are not enough hosts available."
KINDS = (Aggregate, Allocation, Provider, ProviderAggregates, ProviderTraits, Inventory, Server, Flavor)


def host(name: str, zone: str) -> list[Fact]:
    return [
        ComputeService(
            source=API,
            id=name,
            binary="nova-compute",
            host=name,
            zone=zone,
            enabled=True,
            up=True,
            updated_at=NOW,
        ),
        Hypervisor(
            source=API, id=name, hostname=name, service_host=name, vcpus=8, memory_mb=4096, disk_gb=100
        ),
        Provider(source=API, id=name, name=name, root_id=name),
        ProviderTraits(source=API, provider_id=name, traits=frozenset()),
        *(
            Inventory(
                source=API,
                provider_id=name,
                resource_class=what,
                total=total,
                reserved=0,
                ratio=1.0,
                min_unit=1,
                max_unit=total,
                used=0,
            )
            for what, total in (("VCPU", 8), ("MEMORY_MB", 4096))
        ),
    ]


class Cloud:
    def __init__(self) -> None:
        self.facts = [*host("compute1", "az1"), *host("compute2", "az1"), *host("compute3", "az2")]
        self.facts.append(Flavor(source=API, id="f1", name="m1", vcpus=2, ram_mb=1024, disk_gb=0))

    def change(self, kind: type[Fact], hosts: Iterable[str], **fields: Any) -> None:
        for number, fact in enumerate(self.facts):
            told = {getattr(fact, name, "") for name in ("host", "provider_id", "hostname")}
            other = isinstance(fact, Inventory) and fact.resource_class != "VCPU"
            if type(fact) is kind and told & set(hosts) and not other:
                self.facts[number] = msgspec.structs.replace(fact, **fields)

    def ask(self, zone: str = "", vcpus: int = 2, fault: str = NO_CANDIDATES) -> None:
        self.facts.append(
            Server(
                source=API,
                id="s1",
                name="vm1",
                project_id="p1",
                status="ERROR",
                fault=fault,
                zone=zone,
                created_at=NOW,
                flavor_name="m1",
                flavor_vcpus=vcpus,
                flavor_ram_mb=1024,
                flavor_disk_gb=0,
            )
        )

    def causes(self) -> tuple[Cause, ...]:
        looked = {(kind.__name__, "api") for kind in KINDS}
        seen = snapshot("test", NOW, self.facts, (), looked)
        return causes(seen, run_checks(seen))

    def orphan(self, where: str, amount: int) -> None:
        self.facts.append(
            Allocation(
                source=API, provider_id=where, consumer_id="lost", resource_class="VCPU", amount=amount
            )
        )
        self.change(Inventory, [where], used=amount)


@pytest.fixture
def cloud() -> Cloud:
    return Cloud()


def told(found: tuple[Cause, ...]) -> list[tuple[str, str, list[str]]]:
    return [
        (each.finding.check, each.finding.subject.id, [under.check for under in each.explains])
        for each in found
    ]


def test_orphaned_allocations_explain_the_server_that_found_no_room(cloud: Cloud) -> None:
    cloud.orphan("compute1", 8)
    cloud.ask()
    assert told(cloud.causes()) == [("orphaned_allocations", "compute1", ["server_got_no_host"])]


def test_orphaned_allocations_that_leave_room_explain_nothing(cloud: Cloud) -> None:
    cloud.orphan("compute1", 1)
    cloud.ask()
    assert told(cloud.causes()) == [
        ("orphaned_allocations", "compute1", []),
        ("server_got_no_host", "s1", []),
    ]


def test_a_ratio_that_leaves_too_little(cloud: Cloud) -> None:
    cloud.change(Inventory, ["compute1"], ratio=0.1)
    cloud.ask()
    assert told(cloud.causes()) == [("inventory_ratio_impossible", "compute1", ["server_got_no_host"])]


def test_a_zone_that_is_disabled_takes_its_hosts_with_it(cloud: Cloud) -> None:
    cloud.change(ComputeService, ["compute1", "compute2"], enabled=False)
    cloud.change(ProviderTraits, ["compute1", "compute2"], traits=frozenset(["COMPUTE_STATUS_DISABLED"]))
    cloud.ask(zone="az1")
    assert told(cloud.causes()) == [
        (
            "zone_all_hosts_disabled",
            "az1",
            ["compute_service_disabled", "compute_service_disabled", "server_got_no_host"],
        )
    ]


def test_a_zone_that_is_disabled_does_not_explain_a_server_of_another(cloud: Cloud) -> None:
    cloud.change(ComputeService, ["compute3"], enabled=False)
    cloud.change(ProviderTraits, ["compute3"], traits=frozenset(["COMPUTE_STATUS_DISABLED"]))
    cloud.ask(zone="az1")
    assert told(cloud.causes()) == [
        ("zone_all_hosts_disabled", "az2", ["compute_service_disabled"]),
        ("server_got_no_host", "s1", []),
    ]


def test_a_compute_that_is_down_where_there_would_be_room(cloud: Cloud) -> None:
    cloud.change(ComputeService, ["compute3"], up=False)
    cloud.ask(zone="az2", fault=FILTERED)
    assert told(cloud.causes())[0] == (
        "compute_service_down",
        "nova-compute@compute3",
        ["server_got_no_host", "zone_all_hosts_disabled"],
    )


@pytest.mark.parametrize("zone", ["", "az1"])
def test_a_compute_that_is_down_does_not_explain_that_placement_had_no_candidate(
    cloud: Cloud, zone: str
) -> None:
    """Its provider is offered like any other."""
    cloud.change(ComputeService, ["compute1"], up=False)
    cloud.ask(zone=zone)
    assert ("server_got_no_host", "s1", []) in told(cloud.causes())


def test_a_flavour_that_is_too_large_is_not_blamed_on_a_compute_that_is_disabled(cloud: Cloud) -> None:
    cloud.change(ComputeService, ["compute2"], enabled=False)
    cloud.ask(vcpus=64)
    assert ("flavor_fits_no_host", "f1", ["server_got_no_host"]) in told(cloud.causes())


def test_a_stale_trait(cloud: Cloud) -> None:
    cloud.change(ProviderTraits, ["compute3"], traits=frozenset(["COMPUTE_STATUS_DISABLED"]))
    cloud.ask(zone="az2")
    assert told(cloud.causes()) == [
        ("compute_disabled_by_trait", "nova-compute@compute3", ["server_got_no_host"])
    ]


def test_an_aggregate_that_placement_does_not_know(cloud: Cloud) -> None:
    cloud.facts.append(
        Aggregate(source=API, id="2", uuid="agg2", name="az2", zone="az2", hosts=("compute3",))
    )
    cloud.facts.append(ProviderAggregates(source=API, provider_id="compute3", aggregates=frozenset()))
    cloud.ask(zone="az2")
    assert told(cloud.causes()) == [("aggregate_differs_in_placement", "agg2", ["server_got_no_host"])]


def test_a_host_without_a_cell(cloud: Cloud) -> None:
    cloud.facts = [f for f in cloud.facts if not (isinstance(f, Hypervisor) and f.hostname == "compute2")]
    cloud.ask(fault="Host 'compute2' is not mapped to any cell")
    assert told(cloud.causes()) == [
        ("compute_not_mapped_to_cell", "nova-compute@compute2", ["server_got_no_host"])
    ]


@pytest.mark.parametrize("tried", ["compute2", ""], ids=["the event says where", "nobody says where"])
def test_building_that_failed_on_the_tried_hosts(cloud: Cloud, tried: str) -> None:
    cloud.change(ComputeService, ["compute2"], up=False)
    if tried:
        event = "compute__do_build_and_run_instance"
        said: dict[str, Any] = {"action": "create", "request_id": "r", "event": event, "host": tried}
        cloud.facts.append(ServerEvent(source=API, server_id="s1", result="Error", **said))
    cloud.ask(fault="Exceeded maximum number of retries. Exhausted all hosts available.")
    assert told(cloud.causes())[0][2] == ["server_got_no_host"]
