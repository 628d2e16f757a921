"""A case (see cases.py) as mitate sees the cloud: facts as the API and the configuration would tell them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from mitate.analyze.placement.answers import Refusal, Unseen
from mitate.analyze.placement.cloud import Cloud
from mitate.analyze.placement.filters._filter import all_filters
from mitate.model.cloud import ComputeService, Hypervisor, Server
from mitate.model.host import ConfigOption, KernelModule
from mitate.model.placement import (
    Aggregate,
    HostedServers,
    Image,
    Inventory,
    Provider,
    ServerGroup,
    Wanted,
)
from mitate.model.snapshot import snapshot
from mitate.model.source import Fact, Source

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
API = Source("api", "GET", NOW)
CLASSES = {"cpu": "VCPU", "ram": "MEMORY_MB", "disk": "DISK_GB"}


def wanted(case: dict[str, Any]) -> Wanted:
    asked = case["request"]
    image, group = asked["image"], asked["group"]
    return Wanted(
        name="vm1",
        flavor_name=asked["flavor"],
        vcpus=asked["vcpus"],
        ram_mb=asked["ram_mb"],
        disk_gb=asked["disk_gb"],
        extra_specs=_pairs(asked["extra_specs"]),
        image=Image(source=API, id=image["id"], name=image["id"], properties=_pairs(image["properties"]))
        if image
        else None,
        from_volume=asked["from_volume"],
        zone=asked["zone"],
        hints=_pairs(asked["hints"]),
        group=ServerGroup(
            source=API,
            id="group-1",
            name=group["name"],
            policy=group["policy"],
            max_per_host=group["max_per_host"],
            members=tuple(group["members"]),
        )
        if group
        else None,
        project_id=asked["project_id"],
        server_id=asked["server_id"],
    )


def cloud(case: dict[str, Any]) -> Cloud:
    host = case["host"]
    facts: list[Fact] = [_hypervisor(host), *_service(host), *_provider(host)]
    facts += [
        Aggregate(
            source=API,
            id=str(number),
            uuid=f"agg-{number}",
            name=each["name"],
            zone=each["metadata"].get("availability_zone", ""),
            hosts=(host["host"],) if number < len(host["aggregates"]) else (),
            metadata=tuple(each["metadata"].items()),
        )
        for number, each in enumerate([*host["aggregates"], *case["other_aggregates"]])
    ]
    hosted = {host["hypervisor"]["hypervisor_hostname"]: host["servers"]}
    for other in case["others"]:
        hosted[other["host"]] = other["servers"]
        facts.append(
            Hypervisor(source=API, id=other["host"], hostname=other["host"], service_host=other["host"])
        )
    facts += [HostedServers(source=API, hypervisor=each, servers=tuple(ids)) for each, ids in hosted.items()]
    facts += [
        _option("controller", "nova-scheduler", section, name, value)
        for section, name, value in case["options"]
        if isinstance(value, str)
    ]
    if host["own_options"]:
        facts.append(_option(host["host"], "nova-compute", "DEFAULT", "my_ip", "10.0.0.21"))
    if host["device_spec"]:
        facts.append(_option(host["host"], "nova-compute", "pci", "device_spec", ""))
    if host["virt_type"]:
        facts.append(_option(host["host"], "nova-compute", "libvirt", "virt_type", host["virt_type"]))
    if host["kvm_seen"]:
        facts.append(KernelModule(source=Source(host["host"], "ls", NOW), kvm_device=host["kvm"]))
    looked = [(kind.__name__, "api") for kind in (Aggregate, ComputeService, Hypervisor, Server)]
    return Cloud(snapshot("test", NOW, facts, looked=looked))


def answer(case: dict[str, Any]) -> tuple[str, Refusal | None]:
    """yes, no with the refusal, or "unseen WHY", of the case's own filter."""
    seen = cloud(case)
    host = next(each for each in seen.hosts if each.host == case["host"]["host"])
    try:
        refusal = all_filters()[case["filter"]].ask(host, wanted(case), seen)
    except Unseen as why:
        return f"unseen {why}", None
    return ("no", refusal) if refusal else ("yes", None)


def _hypervisor(host: dict[str, Any]) -> Hypervisor:
    told = host["hypervisor"]
    return Hypervisor(
        source=API,
        id="1",
        hostname=told["hypervisor_hostname"],
        service_host=host["host"],
        type=told["hypervisor_type"],
        version=told["hypervisor_version"],
        host_ip=told["host_ip"],
        cpu_info=msgspec.json.encode(told["cpu_info"]).decode() if told["cpu_info"] else "",
        vcpus=told["vcpus"],
        vcpus_used=told["vcpus_used"],
        memory_mb=told["memory_mb"],
        memory_mb_used=told["memory_mb_used"],
        free_ram_mb=told["free_ram_mb"],
        disk_gb=told["local_gb"],
        disk_gb_used=told["local_gb_used"],
        free_disk_gb=told["free_disk_gb"],
        disk_available_least=told["disk_available_least"],
        running_vms=told["running_vms"],
        current_workload=told["current_workload"],
    )


def _service(host: dict[str, Any]) -> list[Fact]:
    told = host["service"]
    return [
        ComputeService(
            source=API,
            id="1",
            binary="nova-compute",
            host=host["host"],
            zone="nova",
            enabled=told["enabled"],
            up=told["up"],
            forced_down=told["forced_down"],
            disabled_reason=told["disabled_reason"],
        ),
        ComputeService(
            source=API,
            id="2",
            binary="nova-scheduler",
            host="controller",
            zone="internal",
            enabled=True,
            up=True,
        ),
    ]


def _provider(host: dict[str, Any]) -> list[Fact]:
    inventories = [
        Inventory(source=API, provider_id="rp1", resource_class=CLASSES[name], total=1, ratio=ratio)
        for name, ratio in host["ratios"].items()
    ]
    return [Provider(source=API, id="rp1", name=host["hypervisor"]["hypervisor_hostname"]), *inventories]


def _option(host: str, service: str, section: str, name: str, value: str) -> ConfigOption:
    return ConfigOption(
        source=Source(host, "cat", NOW),
        service=service,
        file="/etc/nova/nova.conf",
        section=section,
        name=name,
        value=value,
    )


def _pairs(pairs: list[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in pairs)
