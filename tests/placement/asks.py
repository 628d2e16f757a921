"""Random requests, and the cloud they meet, as JSON: for Nova (nova_asks.py) and for us."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

from mitate.analyze.placement.cloud import Cloud
from mitate.model.cloud import Hypervisor
from mitate.model.host import ConfigOption
from mitate.model.placement import Aggregate, Image, Provider, Wanted
from mitate.model.snapshot import snapshot
from mitate.model.source import Fact, Source

SOURCE = Source("api", "made up", datetime(2026, 11, 22, tzinfo=UTC))
SPECS: dict[str, list[str]] = {
    "resources:VCPU": ["0", "2", "x", "-1"],
    "resources:CUSTOM_GPU": ["1", "2"],
    "resources:NO_SUCH": ["1"],
    "resources:DISK_GB": ["0", "7"],
    "resources1:CUSTOM_NIC": ["1"],
    "resources_a:VGPU": ["1"],
    "trait:CUSTOM_SSD": ["required", "forbidden", "maybe"],
    "trait:HW_CPU_X86_AVX2": ["required"],
    "trait1:CUSTOM_FAST": ["required", "forbidden"],
    "group_policy": ["none", "isolate", "what"],
    "hw:cpu_policy": ["dedicated", "shared", "mixed", "odd"],
    "hw:cpu_dedicated_mask": ["0-1", "^0", "9"],
    "hw:cpu_thread_policy": ["prefer", "isolate", "require"],
    "hw:emulator_threads_policy": ["share", "isolate"],
    "hw:cpu_realtime": ["yes"],
    "hw:cpu_realtime_mask": ["^0", "1"],
    "hw:pmem": ["6GB", "6GB,small-1, 6GB"],
    "hw:tpm_version": ["1.2", "2.0"],
    "hw:pci_numa_affinity_policy": ["socket", "preferred"],
    "os:secure_boot": ["required", "optional"],
    "accel:device_profile": ["mydev"],
    "hw:ephemeral_encryption": ["true", "false"],
    "hw:ephemeral_encryption_format": ["luks"],
    "hw:numa_nodes": ["1", "2", "3", "0"],
    "hw:numa_cpus.0": ["0", "0-1", "0-3"],
    "hw:numa_mem.0": ["64", "512"],
    "hw:mem_page_size": ["any", "large", "small", "2MB", "odd"],
    "hw:locked_memory": ["true", "false"],
    "resources:PCPU": ["1", "2", "4"],
    "trait:HW_CPU_HYPERTHREADING": ["required", "forbidden"],
}
PROPERTIES: dict[str, list[str]] = {
    "trait:CUSTOM_SSD": ["required"],
    "trait:CUSTOM_IMG": ["required", "forbidden"],
    "hw_cpu_policy": ["dedicated", "shared"],
    "hw_cpu_thread_policy": ["isolate", "require", "prefer"],
    "hw_tpm_version": ["2.0"],
    "os_secure_boot": ["required"],
    "hw_pci_numa_affinity_policy": ["socket"],
    "hw_disk_bus": ["virtio", "sata"],
    "hw_vif_model": ["virtio", "e1000"],
    "hw_video_model": ["qxl"],
    "hw_cdrom_bus": ["ide"],
    "hw_architecture": ["x86_64", "aarch64"],
    "hw_viommu_model": ["intel"],
    "hw_ephemeral_encryption": ["true"],
    "hw_numa_nodes": ["1", "2"],
    "hw_mem_page_size": ["large", "2MB"],
    "hw_locked_memory": ["true", "false"],
}
OPTIONS = [
    ("scheduler", "limit_tenants_to_placement_aggregate"),
    ("scheduler", "placement_aggregate_required_for_tenants"),
    ("scheduler", "query_placement_for_availability_zone"),
    ("scheduler", "query_placement_for_image_type_support"),
    ("scheduler", "enable_isolated_aggregate_filtering"),
    ("scheduler", "image_metadata_prefilter"),
    ("workarounds", "disable_fallback_pcpu_query"),
]
METADATA = {
    "availability_zone": ["az1", "az2"],
    "filter_tenant_id": ["p1", "p2"],
    "filter_tenant_id3": ["p1"],
    "trait:CUSTOM_SSD": ["required", "no"],
    "trait:CUSTOM_WIN": ["required"],
}


def draw(seed: int) -> dict[str, Any]:
    chance = random.Random(seed)

    def some(of: dict[str, list[str]], most: int) -> dict[str, str]:
        return {name: chance.choice(of[name]) for name in chance.sample(list(of), chance.randint(0, most))}

    specs = some(SPECS, 4)
    if specs.get("hw:cpu_policy") == "mixed" and chance.random() < 0.8:
        specs["hw:cpu_dedicated_mask"] = "0-1"
    return {
        "vcpus": chance.choice([1, 2, 4, 8]),
        "ram_mb": chance.choice([64, 512, 4096]),
        "disk_gb": chance.choice([0, 1, 20]),
        "ephemeral_gb": chance.choice([0, 0, 3]),
        "swap_mb": chance.choice([0, 0, 1, 1024, 1500]),
        "extra_specs": specs,
        "image": some(PROPERTIES, 3),
        "disk_format": chance.choice(["qcow2", "raw", "iso"]),
        "from_volume": chance.random() < 0.2,
        "zone": chance.choice(["", "az1", "az2", "nova"]),
        "project": chance.choice(["p1", "p2", "p3"]),
        "host": chance.choice([*[""] * 6, "h1", "nowhere"]),
        "forced_host": chance.choice([*[""] * 6, "h2"]),
        "hints": chance.choice([[], [], [], [["group", "g"]], [["same_host", "s"]], [["query", "[]"]]]),
        "hosts": [["h1", _uuid(901)], ["h2", _uuid(902)], ["h3", _uuid(903)]],
        "options": [
            [section, name, str(chance.random() < 0.7)] for section, name in OPTIONS if chance.random() < 0.5
        ],
        "aggregates": [
            {"uuid": _uuid(number), "name": f"a{number}", "hosts": hosts, "metadata": some(METADATA, 3)}
            for number, hosts in enumerate([chance.choice(([], ["h2"])), [], [], []][: chance.randint(0, 4)])
        ],
    }


def ours(case: dict[str, Any]) -> tuple[Wanted, Cloud]:
    """The same, as we know it."""
    facts: list[Fact] = [
        Aggregate(
            source=SOURCE,
            id=each["name"],
            uuid=each["uuid"],
            name=each["name"],
            zone=each["metadata"].get("availability_zone", ""),
            hosts=tuple(each["hosts"]),
            metadata=tuple(each["metadata"].items()),
        )
        for each in case["aggregates"]
    ]
    for section, name, value in case["options"]:
        facts.append(
            ConfigOption(
                source=SOURCE,
                service="nova-scheduler",
                file="/etc/nova/nova.conf",
                section=section,
                name=name,
                value=value,
            )
        )
    for name, uuid in case["hosts"]:
        facts.append(Hypervisor(source=SOURCE, id=uuid, hostname=name, service_host=name))
        facts.append(Provider(source=SOURCE, id=uuid, name=name, root_id=uuid))
    wanted = Wanted(
        name="vm",
        flavor_name="f",
        vcpus=case["vcpus"],
        ram_mb=case["ram_mb"],
        disk_gb=case["disk_gb"],
        ephemeral_gb=case["ephemeral_gb"],
        swap_mb=case["swap_mb"],
        extra_specs=tuple(case["extra_specs"].items()),
        image=Image(
            source=SOURCE,
            id="i",
            name="i",
            disk_format=case["disk_format"],
            properties=tuple(case["image"].items()),
        ),
        from_volume=case["from_volume"],
        zone=case["zone"],
        host=case["host"],
        forced_host=case["forced_host"],
        hints=tuple((name, value) for name, value in case["hints"]),
        project_id=case["project"],
    )
    return wanted, Cloud(snapshot("made up", SOURCE.at, facts))


def _uuid(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"
