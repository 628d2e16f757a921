"""Every flavour, public or not, with its extra specs (microversion 2.61).

>>> from mitate.collect.sources._sample import told
>>> told(flavors, '''[{"id": "edaa186a-8b9d-45b7-ac18-238b01cd0f1a", "name": "huge", "ram": 999999, "disk": 0,
...     "vcpus": 500, "extra_specs": {"hw:cpu_policy": "dedicated"}}]''', "api")
Flavor id=edaa186a-8b9d-45b7-ac18-238b01cd0f1a name=huge vcpus=500 ram_mb=999999 disk_gb=0 \
extra_specs=(('hw:cpu_policy', 'dedicated'),) ephemeral_gb=0 swap_mb=0
"""

from __future__ import annotations

from collections.abc import Iterator

from mitate.collect.question import Answer, ApiQuestion, source
from mitate.collect.sources._json import records
from mitate.model.cloud import Flavor


@source(
    ApiQuestion(
        name="flavors",
        service="compute",
        path="/flavors/detail?is_public=None",
        key="flavors",
        microversion="2.61",
        keep=("id", "name", "vcpus", "ram", "disk", "OS-FLV-EXT-DATA:ephemeral", "swap", "extra_specs"),
    ),
    Flavor,
)
def flavors(answer: Answer) -> Iterator[Flavor]:
    for row in records(answer.text):
        yield Flavor(
            source=answer.source,
            id=row.must("id"),
            name=row.must("name"),
            vcpus=row.must_number("vcpus"),
            ram_mb=row.must_number("ram"),
            disk_gb=row.must_number("disk"),
            extra_specs=row.mapping("extra_specs"),
            ephemeral_gb=row.number("OS-FLV-EXT-DATA:ephemeral") or 0,
            swap_mb=row.number("swap") or 0,  # "" for none
        )
