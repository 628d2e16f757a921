"""One server, as far as the API still tells what was asked for; its hints from microversion 2.100 on.

>>> from mitate.collect.sources._sample import told
>>> told(server, '''[{"id": "9f9a3ff1-d6a2-470e-b97e-12262f58b7a1", "name": "web", "status": "ERROR",
...     "tenant_id": "e353", "created": "2026-11-22T15:32:36Z", "OS-EXT-AZ:availability_zone": "az2",
...     "OS-EXT-STS:task_state": null, "image": {"id": "70a599e0-31e7-49b7-b260-868f441e862b"},
...     "flavor": {"vcpus": 64, "ram": 128, "disk": 0, "ephemeral": 0, "swap": 0, "original_name": "huge",
...     "extra_specs": {"hw:cpu_policy": "dedicated"}}, "scheduler_hints": {"different_host": ["a", "b"]},
...     "fault": {"code": 500, "message": "No valid host was found."}}]''', "api")
ServerRequest server_id=9f9a3ff1-d6a2-470e-b97e-12262f58b7a1 name=web project_id=e353 status=ERROR \
flavor_name=huge vcpus=64 ram_mb=128 disk_gb=0 ephemeral_gb=0 swap_mb=0 \
extra_specs=(('hw:cpu_policy', 'dedicated'),) image_id=70a599e0-31e7-49b7-b260-868f441e862b zone=az2 \
hints=(('different_host', 'a'), ('different_host', 'b')) fault_code=500 fault=No valid host was found. \
created_at=2026-11-22 15:32:36+00:00
"""

from __future__ import annotations

from collections.abc import Iterator

from mitate.collect.question import Answer, ApiQuestion, source
from mitate.collect.sources._json import Record, records
from mitate.model.placement import ServerRequest


@source(
    ApiQuestion(
        name="server",
        slots=(("server", "uuid"),),
        service="compute",
        path="/servers/{server}",
        key="server",
        single=True,
        microversion="2.100",
        older=("2.96", "2.79"),
        keep=(
            "id",
            "name",
            "tenant_id",
            "status",
            "created",
            "image.id",
            "server_groups",
            "scheduler_hints",
            "pinned_availability_zone",
            "OS-EXT-SRV-ATTR:host",
            "OS-EXT-AZ:availability_zone",
            "OS-EXT-STS:task_state",
            "fault.code",
            "fault.message",
            "os-extended-volumes:volumes_attached.id",
            "OS-EXT-SRV-ATTR:instance_name",
            "flavor.original_name",
            "flavor.vcpus",
            "flavor.ram",
            "flavor.disk",
            "flavor.ephemeral",
            "flavor.swap",
            "flavor.extra_specs",
        ),
    ),
    ServerRequest,
)
def server(answer: Answer) -> Iterator[ServerRequest]:
    for row in records(answer.text):
        host = row.text("OS-EXT-SRV-ATTR:host")
        # Of a server on a host, its zone is the host's; what was asked for is told from 2.96 on.
        zone = "" if host or row.has("pinned_availability_zone") else row.text("OS-EXT-AZ:availability_zone")
        yield ServerRequest(
            source=answer.source,
            server_id=row.must("id"),
            name=row.text("name"),
            project_id=row.text("tenant_id"),
            status=row.must("status"),
            flavor_name=row.text("flavor.original_name"),
            vcpus=row.must_number("flavor.vcpus"),
            ram_mb=row.must_number("flavor.ram"),
            disk_gb=row.must_number("flavor.disk"),
            ephemeral_gb=row.number("flavor.ephemeral") or 0,
            swap_mb=row.number("flavor.swap") or 0,
            extra_specs=row.mapping("flavor.extra_specs"),
            image_id=row.text("image.id"),
            zone=row.text("pinned_availability_zone") or zone,
            host=host,
            hints=_hints(row) if row.has("scheduler_hints") else None,
            groups=row.texts("server_groups"),
            fault_code=row.number("fault.code"),
            fault=row.text("fault.message"),
            task_state=row.text("OS-EXT-STS:task_state"),
            created_at=row.when("created"),
            volumes=tuple(each.text("id") for each in row.rows("os-extended-volumes:volumes_attached")),
            domain=row.text("OS-EXT-SRV-ATTR:instance_name"),
        )


def _hints(row: Record) -> tuple[tuple[str, str], ...]:
    """Name and value of each; a hint may have a list of values."""
    told = row.get("scheduler_hints")
    hints = told if isinstance(told, dict) else {}
    return tuple(
        (str(name)[:255], value[:2000])
        for name, values in sorted(hints.items())
        for value in (values if isinstance(values, list) else [values])
        if isinstance(value, str)
    )
