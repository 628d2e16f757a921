"""The services that report to Nova, with the state that Nova believes.

Microversion 2.53 gives UUIDs; from 2.69 on, rows of cells that are down would come half empty.

>>> from mitate.collect.sources._sample import told
>>> told(compute_services, '''[{"binary": "nova-compute", "host": "compute1",
...     "id": "63e144e1-faab-4f5c-8cca-86e85f84d256", "zone": "nova", "status": "disabled", "state": "up",
...     "updated_at": "2026-11-22T15:33:23.000000", "disabled_reason": "AUTO: Connection to libvirt lost: 1",
...     "forced_down": false}]''', "api")
ComputeService id=63e144e1-faab-4f5c-8cca-86e85f84d256 binary=nova-compute host=compute1 zone=nova \
enabled=False up=True forced_down=False disabled_reason=AUTO: Connection to libvirt lost: 1 \
updated_at=2026-11-22 15:33:23+00:00
"""

from __future__ import annotations

from collections.abc import Iterator

from mitate.collect.question import Answer, ApiQuestion, source
from mitate.collect.sources._json import records
from mitate.model.cloud import ComputeService


@source(
    ApiQuestion(
        name="compute_services",
        limit=64_000_000,
        service="compute",
        path="/os-services",
        key="services",
        microversion="2.53",
        keep=(
            "id",
            "binary",
            "host",
            "zone",
            "status",
            "state",
            "forced_down",
            "disabled_reason",
            "updated_at",
        ),
    ),
    ComputeService,
)
def compute_services(answer: Answer) -> Iterator[ComputeService]:
    for row in records(answer.text):
        yield ComputeService(
            source=answer.source,
            id=row.must("id"),
            binary=row.must("binary"),
            host=row.must("host"),
            zone=row.text("zone"),
            enabled=row.must("status") == "enabled",
            up=row.must("state") == "up",
            forced_down=row.flag("forced_down"),
            disabled_reason=row.text("disabled_reason"),
            updated_at=row.when("updated_at"),
        )
