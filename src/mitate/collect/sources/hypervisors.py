"""Hypervisors with their raw capacity, which microversion 2.88 no longer tells; so 2.53 is asked.

>>> from mitate.collect.sources._sample import told
>>> told(hypervisors, '''[{"id": "fc03891d-3f44-48b2-8e33-373a5137824c", "hypervisor_hostname": "compute1",
...     "state": "up", "status": "enabled", "hypervisor_type": "QEMU", "service": {"host": "compute1"},
...     "vcpus": 2, "memory_mb": 12506, "local_gb": 251, "vcpus_used": 1, "memory_mb_used": 640,
...     "running_vms": 1}]''', "api")
Hypervisor id=fc03891d-3f44-48b2-8e33-373a5137824c hostname=compute1 service_host=compute1 type=QEMU up=True \
enabled=True vcpus=2 memory_mb=12506 disk_gb=251 vcpus_used=1 memory_mb_used=640 running_vms=1
"""

from __future__ import annotations

from collections.abc import Iterator
from sys import intern
from typing import Any

from mitate.collect.question import Answer, ApiQuestion, source
from mitate.collect.sources._json import encode, records
from mitate.model.cloud import Hypervisor

CPU_INFO = 20_000
"""Characters; a CPU tells some 150 features of about 12 characters each."""


@source(
    ApiQuestion(
        name="hypervisors",
        limit=64_000_000,
        service="compute",
        path="/os-hypervisors/detail",
        key="hypervisors",
        microversion="2.53",
        keep=(
            "id",
            "hypervisor_hostname",
            "service.host",
            "hypervisor_type",
            "state",
            "status",
            "vcpus",
            "memory_mb",
            "local_gb",
            "vcpus_used",
            "memory_mb_used",
            "running_vms",
            "hypervisor_version",
            "host_ip",
            "cpu_info",
            "free_ram_mb",
            "free_disk_gb",
            "disk_available_least",
            "local_gb_used",
            "current_workload",
        ),
    ),
    Hypervisor,
)
def hypervisors(answer: Answer) -> Iterator[Hypervisor]:
    for row in records(answer.text):
        state, status = row.text("state"), row.text("status")
        yield Hypervisor(
            source=answer.source,
            id=row.must("id"),
            hostname=row.must("hypervisor_hostname"),
            service_host=row.text("service.host"),
            type=row.text("hypervisor_type"),
            up=state == "up" if state else None,
            enabled=status == "enabled" if status else None,
            vcpus=row.number("vcpus"),
            memory_mb=row.number("memory_mb"),
            disk_gb=row.number("local_gb"),
            vcpus_used=row.number("vcpus_used"),
            memory_mb_used=row.number("memory_mb_used"),
            running_vms=row.number("running_vms"),
            version=row.number("hypervisor_version"),
            host_ip=row.text("host_ip"),
            cpu_info=_cpu_info(row.get("cpu_info")),
            free_ram_mb=row.number("free_ram_mb"),
            free_disk_gb=row.number("free_disk_gb"),
            disk_available_least=row.number("disk_available_least"),
            disk_gb_used=row.number("local_gb_used"),
            current_workload=row.number("current_workload"),
        )


def _cpu_info(value: Any) -> str:
    """The object as text again, up to what the largest CPUs need; equal hosts share one text."""
    text = encode(value) if isinstance(value, dict) and value else ""
    return intern(text) if len(text) <= CPU_INFO else ""
