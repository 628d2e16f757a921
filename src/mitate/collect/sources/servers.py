"""Every project's servers, where they are and what befell them (microversion 2.79: Train and later).

>>> from mitate.collect.sources._sample import told
>>> told(servers, '''[{"id": "9f9a3ff1-d6a2-470e-b97e-12262f58b7a1", "name": "pinned", "status": "ERROR",
...     "tenant_id": "e353aedd7199417182e7c95b0c9a203b", "created": "2026-11-22T15:32:36Z",
...     "updated": "2026-11-22T15:32:36Z", "OS-EXT-AZ:availability_zone": "nova",
...     "OS-EXT-SRV-ATTR:host": null, "OS-EXT-SRV-ATTR:instance_name": "instance-00000001",
...     "OS-EXT-STS:task_state": null, "OS-EXT-STS:vm_state": "error", "OS-EXT-STS:power_state": 0,
...     "flavor": {"vcpus": 1, "ram": 128, "disk": 0, "original_name": "m1.lab"},
...     "fault": {"code": 500, "message": "No valid host was found. "}}]''', "api")
Server id=9f9a3ff1-d6a2-470e-b97e-12262f58b7a1 name=pinned project_id=e353aedd7199417182e7c95b0c9a203b \
status=ERROR instance_name=instance-00000001 zone=nova vm_state=error power_state=0 \
created_at=2026-11-22 15:32:36+00:00 updated_at=2026-11-22 15:32:36+00:00 fault_code=500 \
fault=No valid host was found.  flavor_name=m1.lab flavor_vcpus=1 flavor_ram_mb=128 flavor_disk_gb=0
"""

from __future__ import annotations

from collections.abc import Iterator

from mitate.collect.question import Again, Answer, ApiQuestion, source
from mitate.collect.sources._json import records
from mitate.model.cloud import Server


@source(
    ApiQuestion(
        name="servers",
        limit=64_000_000,
        service="compute",
        path="/servers/detail?all_tenants=1",
        key="servers",
        microversion="2.79",
        keep=(
            "id",
            "name",
            "tenant_id",
            "status",
            "created",
            "updated",
            "OS-EXT-SRV-ATTR:host",
            "OS-EXT-SRV-ATTR:instance_name",
            "OS-EXT-AZ:availability_zone",
            "OS-EXT-STS:task_state",
            "OS-EXT-STS:vm_state",
            "OS-EXT-STS:power_state",
            "fault.code",
            "fault.message",
            "flavor.original_name",
            "flavor.vcpus",
            "flavor.ram",
            "flavor.disk",
            "flavor.ephemeral",
            "flavor.swap",
            "flavor.extra_specs",
            "image.id",
        ),
        # Nova's API fills the faults of a list from its own database alone (InstanceList.fill_faults): those
        # of another cell are missing, and servers that never got a host are in cell0.
        again=(Again(path="/servers/{id}", key="server", where=("status", "ERROR"), lacks="fault"),),
    ),
    Server,
)
def servers(answer: Answer) -> Iterator[Server]:
    for row in records(answer.text):
        yield Server(
            source=answer.source,
            id=row.must("id"),
            name=row.text("name"),
            project_id=row.text("tenant_id"),
            status=row.must("status"),
            host=row.text("OS-EXT-SRV-ATTR:host"),
            instance_name=row.text("OS-EXT-SRV-ATTR:instance_name"),
            zone=row.text("OS-EXT-AZ:availability_zone"),
            task_state=row.text("OS-EXT-STS:task_state"),
            vm_state=row.text("OS-EXT-STS:vm_state"),
            power_state=row.number("OS-EXT-STS:power_state"),
            created_at=row.when("created"),
            updated_at=row.when("updated"),
            fault_code=row.number("fault.code"),
            fault=row.text("fault.message"),
            flavor_name=row.text("flavor.original_name"),
            flavor_vcpus=row.number("flavor.vcpus"),
            flavor_ram_mb=row.number("flavor.ram"),
            flavor_disk_gb=row.number("flavor.disk"),
            flavor_ephemeral_gb=row.number("flavor.ephemeral"),
            flavor_swap_mb=row.number("flavor.swap"),
            flavor_extra_specs=row.mapping("flavor.extra_specs"),
            image_id=row.text("image.id"),
        )
