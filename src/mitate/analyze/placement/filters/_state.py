"""What the scheduler knows of a host (nova.scheduler.host_manager.HostState), as far as the API tells it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from mitate.analyze.placement.answers import Unseen
from mitate.analyze.placement.cloud import Cloud, HostState
from mitate.model.cloud import Hypervisor


def _free_disk_mb(hypervisor: Hypervisor) -> int | None:
    """The smaller of what is free and what is left when every sparse disk has grown, in MiB."""
    free, least = hypervisor.free_disk_gb, hypervisor.disk_available_least
    if free is None:
        return None
    return (free if least is None else min(least, free)) * 1024


_TOLD: dict[str, Callable[[Hypervisor], Any]] = {
    "cpu_info": lambda each: each.cpu_info or None,
    "disk_mb_used": lambda each: None if each.disk_gb_used is None else each.disk_gb_used * 1024,
    "free_disk_mb": _free_disk_mb,
    "free_ram_mb": lambda each: each.free_ram_mb,
    "host_ip": lambda each: each.host_ip or None,
    "hypervisor_hostname": lambda each: each.hostname,
    "hypervisor_type": lambda each: each.type or None,
    "hypervisor_version": lambda each: each.version,
    "nodename": lambda each: each.hostname,
    "num_instances": lambda each: each.running_vms,
    "total_usable_disk_gb": lambda each: each.disk_gb,
    "total_usable_ram_mb": lambda each: each.memory_mb,
    "vcpus_total": lambda each: each.vcpus,
    "vcpus_used": lambda each: each.vcpus_used,
}
_RATIOS = {
    "cpu_allocation_ratio": "VCPU",
    "disk_allocation_ratio": "DISK_GB",
    "ram_allocation_ratio": "MEMORY_MB",
}
_NEVER_TOLD = """
    aggregates cell_uuid consume_from_request failed_builds instances limits metrics num_io_ops numa_topology
    pci_stats service stats supported_instances update updated uuid _lock_name
"""
ATTRIBUTES = frozenset((*_TOLD, *_RATIOS, *_NEVER_TOLD.split(), "host"))
"""Every attribute of HostState that an extra spec or a query could name."""
STATS = ("num_instances", "io_workload", "failed_builds", "num_vm_", "num_task_", "num_os_type_", "num_proj_")
"""How the names begin that a compute of a virtualisation host reports in its stats (nova/compute/stats.py).
Ironic's nodes report properties of their own there."""


def told(host: HostState, name: str, cloud: Cloud) -> Any:
    """The value of an attribute. Raises Unseen when the API does not tell it."""
    if name == "host":
        return host.host
    if name in _RATIOS:
        provider = host.provider.id if host.provider else ""
        inventory = cloud.inventories.get(provider, {}).get(_RATIOS[name])
        if inventory is not None and inventory.ratio is not None:
            return inventory.ratio
    elif name in _TOLD and host.hypervisor is not None:
        value = _TOLD[name](host.hypervisor)
        if value is not None:
            return value
    raise Unseen(f"the API does not tell {name} of {host.host}")


def cpu_info(host: HostState) -> dict[str, Any]:
    """arch, model, vendor, features, topology. Raises Unseen when it was not told."""
    try:
        found = msgspec.json.decode(host.hypervisor.cpu_info) if host.hypervisor else None
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Unseen(f"the API does not tell cpu_info of {host.host}")
    return found


def is_ironic(host: HostState) -> bool:
    return host.hypervisor is not None and host.hypervisor.type.lower() == "ironic"
