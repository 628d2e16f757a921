"""How long the explanation of a request takes once the cloud was asked, and how much memory it needs.

A made-up cloud of 5,000 compute hosts in four zones: services, hypervisors, providers, traits, aggregates,
servers.
"""

from __future__ import annotations

import argparse
import random
import resource
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from measure import show

from mitate.analyze.placement.cloud import Cloud
from mitate.analyze.placement.request import ask_of
from mitate.analyze.placement.why import explain
from mitate.model.cloud import ComputeService, Flavor, Hypervisor, Server
from mitate.model.placement import (
    Aggregate,
    Candidates,
    Image,
    Inventory,
    Provider,
    ProviderAggregates,
    ProviderTraits,
    Wanted,
)
from mitate.model.snapshot import snapshot
from mitate.model.source import Fact, Source

SOURCE = Source("api", "made up", datetime(2026, 11, 22, tzinfo=UTC))
SIZES = (("VCPU", 256, 200), ("MEMORY_MB", 516_096, 500_000), ("DISK_GB", 4000, 3900))
"""Class, capacity, and how much of it may be used."""
SERVERS = 12
"""Servers on a host."""
XEN = Image(source=SOURCE, id="x", name="x", properties=(("img_hv_type", "xen"),))
REQUESTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("fits", {}),
    ("VCPUs nobody has", {"vcpus": 200}),
    ("memory that is used up", {"ram_mb": 500_000}),
    ("a trait nobody has", {"extra_specs": (("trait:CUSTOM_NO_SUCH", "required"),)}),
    (
        "a trait and a zone that exclude each other",
        {
            "extra_specs": (("trait:CUSTOM_SSD", "required"),),
            "zone": "az3",
        },
    ),
    ("an image that no hypervisor runs", {"image": XEN}),
)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--hosts", type=int, default=5000, help="compute hosts (%(default)s)")
    options = parser.parse_args()
    seen = snapshot("made up", SOURCE.at, facts(options.hosts))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rows = []
    for name, fields in REQUESTS:
        wanted = Wanted(name="vm", flavor_name="m1", **{"vcpus": 4, "ram_mb": 8192, "disk_gb": 40, **fields})
        began, used = time.perf_counter(), time.process_time()
        cloud = Cloud(seen)  # with every index made anew
        answer = explain(wanted, ask_of(wanted, cloud), cloud)
        took, used = time.perf_counter() - began, time.process_time() - used
        rows.append((name, answer.verdict, f"{took:.2f}", f"{used:.2f}", str(len(answer.smallest_changes))))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    show(
        f"A request explained, {options.hosts:,} hosts", ("request", "verdict", "s", "CPU s", "changes"), rows
    )
    print(f"Memory: {peak:.0f} MB at most, of which the facts and the program are {before:.0f} MB.")


def facts(hosts: int) -> Iterator[Fact]:
    """A cloud, seeded."""
    chance = random.Random(4)
    names = [f"compute{number:05d}" for number in range(hosts)]
    for zone in range(4):
        yield Aggregate(
            source=SOURCE,
            id=str(zone),
            uuid=_uuid(10_000_000 + zone),
            name=f"zone{zone}",
            zone=f"az{zone}",
            hosts=tuple(names[zone::4]),
            metadata=(("availability_zone", f"az{zone}"),),
        )
    for number, (vcpus, ram, disk) in enumerate([(1, 2048, 10), (4, 8192, 40), (16, 65536, 160)]):
        yield Flavor(source=SOURCE, id=str(number), name=f"m{number}", vcpus=vcpus, ram_mb=ram, disk_gb=disk)
    for name in ("VCPU", "MEMORY_MB", "DISK_GB"):
        yield Candidates(
            source=SOURCE, query=f"resources={name}:1", roots=tuple(_uuid(n) for n in range(hosts))
        )
    for number, name in enumerate(names):
        yield from _host(number, name, chance)


def _host(number: int, name: str, chance: random.Random) -> Iterator[Fact]:
    id_ = _uuid(number)
    enabled = chance.random() > 0.02
    yield ComputeService(
        source=SOURCE,
        id=id_,
        binary="nova-compute",
        host=name,
        zone=f"az{number % 4}",
        enabled=enabled,
        up=True,
    )
    yield Hypervisor(
        source=SOURCE,
        id=id_,
        hostname=name,
        service_host=name,
        type="QEMU",
        up=True,
        vcpus=64,
        memory_mb=524_288,
        disk_gb=4000,
    )
    yield Provider(source=SOURCE, id=id_, name=name, root_id=id_)
    traits = {f"HW_CPU_X86_{each}" for each in range(40)} | {"COMPUTE_NODE"}
    traits |= {"CUSTOM_SSD"} if number % 4 == 1 else set()
    traits |= set() if enabled else {"COMPUTE_STATUS_DISABLED"}
    yield ProviderTraits(source=SOURCE, provider_id=id_, traits=frozenset(traits))
    yield ProviderAggregates(
        source=SOURCE, provider_id=id_, aggregates=frozenset({_uuid(10_000_000 + number % 4)})
    )
    for each, capacity, most in (
        ("VCPU", 256, 200),
        ("MEMORY_MB", 516_096, 500_000),
        ("DISK_GB", 4000, 3900),
    ):
        yield Inventory(
            source=SOURCE,
            provider_id=id_,
            resource_class=each,
            capacity=capacity,
            used=chance.randint(most // 3, most),
        )
    for server in range(SERVERS):
        yield Server(
            source=SOURCE,
            id=_uuid(100_000_000 + number * 100 + server),
            name=f"vm{number}-{server}",
            project_id="p",
            status="ACTIVE",
            host=name,
        )


def _uuid(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


if __name__ == "__main__":
    main()
