"""A small cloud for the tests of the explanation: facts with sensible defaults, made up. A test changes what
matters to it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from mitate.analyze.placement.cloud import Cloud
from mitate.analyze.placement.request import ask_of
from mitate.analyze.placement.why import explain
from mitate.model.cloud import ComputeService, Flavor, Hypervisor, Server
from mitate.model.host import ConfigOption
from mitate.model.placement import (
    Aggregate,
    Allocation,
    Explanation,
    Inventory,
    Provider,
    ProviderAggregates,
    ProviderTraits,
    Wanted,
)
from mitate.model.snapshot import snapshot
from mitate.model.source import Fact, Source

SOURCE = Source("api", "GET /made-up", datetime(2026, 11, 22, tzinfo=UTC))
FILTERS = "ComputeFilter,PciPassthroughFilter,ServerGroupAntiAffinityFilter,SameHostFilter"
SIZES = {"VCPU": (8, 4.0), "MEMORY_MB": (16_000, 1.0), "DISK_GB": (100, 1.0)}
"""Total and ratio of each host."""


class Small:
    """hosts: their names. used, reserved, ratio, traits, zone, disabled: by host, what differs."""

    def __init__(
        self,
        hosts: str = "a b c",
        *,
        used: Mapping[str, Mapping[str, int]] | None = None,
        reserved: Mapping[str, Mapping[str, int]] | None = None,
        ratio: Mapping[str, Mapping[str, float]] | None = None,
        traits: Mapping[str, str] | None = None,
        zone: Mapping[str, str] | None = None,
        disabled: str = "",
        down: str = "",
        more: list[Fact] | None = None,
    ) -> None:
        self.facts: list[Fact] = [
            ConfigOption(
                source=SOURCE,
                service="nova-scheduler",
                file="/etc/nova/nova.conf",
                section="filter_scheduler",
                name="enabled_filters",
                value=FILTERS,
            ),
            Flavor(source=SOURCE, id="1", name="small", vcpus=1, ram_mb=2000, disk_gb=10),
            Flavor(source=SOURCE, id="2", name="medium", vcpus=4, ram_mb=8000, disk_gb=40),
            Server(source=SOURCE, id="s1", name="old", project_id="p", status="ACTIVE", host="a"),
            *(more or []),
        ]
        zones: dict[str, list[str]] = {}
        for host, name in (zone or {}).items():
            zones.setdefault(name, []).append(host)
        for name, members in zones.items():
            self.facts.append(
                Aggregate(
                    source=SOURCE,
                    id=name,
                    uuid=f"agg-{name}",
                    name=f"in-{name}",
                    zone=name,
                    hosts=tuple(members),
                    metadata=(("availability_zone", name),),
                )
            )
        for host in hosts.split():
            off = host in disabled.split()
            self.facts += [
                ComputeService(
                    source=SOURCE,
                    id=f"sv-{host}",
                    binary="nova-compute",
                    host=host,
                    zone=(zone or {}).get(host, "nova"),
                    enabled=not off,
                    up=host not in down.split(),
                ),
                Hypervisor(source=SOURCE, id=f"rp-{host}", hostname=host, service_host=host),
                Provider(source=SOURCE, id=f"rp-{host}", name=host, root_id=f"rp-{host}"),
                ProviderTraits(
                    source=SOURCE,
                    provider_id=f"rp-{host}",
                    traits=frozenset(
                        {*(traits or {}).get(host, "").split(), *(["COMPUTE_STATUS_DISABLED"] * off)}
                    ),
                ),
                ProviderAggregates(
                    source=SOURCE,
                    provider_id=f"rp-{host}",
                    aggregates=frozenset({f"agg-{zone[host]}"} if zone and host in zone else ()),
                ),
            ]
            for name, (total, usual) in SIZES.items():
                self.facts.append(
                    Inventory(
                        source=SOURCE,
                        provider_id=f"rp-{host}",
                        resource_class=name,
                        total=total,
                        reserved=(reserved or {}).get(host, {}).get(name, 0),
                        ratio=(ratio or {}).get(host, {}).get(name, usual),
                        min_unit=1,
                        max_unit=total,
                        step_size=1,
                        used=(used or {}).get(host, {}).get(name, 0),
                    )
                )

    def holds(self, host: str, consumer: str, name: str, amount: int) -> Small:
        """An allocation; the inventory's ``used`` is to be given, too."""
        self.facts.append(
            Allocation(
                source=SOURCE,
                provider_id=f"rp-{host}",
                consumer_id=consumer,
                resource_class=name,
                amount=amount,
            )
        )
        return self

    def explain(self, **fields: Any) -> Explanation:
        wanted = Wanted(
            **{"name": "vm", "flavor_name": "medium", "vcpus": 4, "ram_mb": 8000, "disk_gb": 40, **fields}
        )
        cloud = Cloud(snapshot("small", SOURCE.at, self.facts))
        return explain(wanted, ask_of(wanted, cloud), cloud)
