"""Host aggregates, with the hosts in them and their metadata (microversion 2.41 tells their UUIDs).

>>> from mitate.collect.sources._sample import told
>>> told(aggregates, '''[{"id": 3, "uuid": "0c0c5c4e-4f4b-4f3b-8d5f-0d5f3b9f2b11", "name": "fast",
...     "availability_zone": "az1", "hosts": ["compute1", "compute2"],
...     "metadata": {"availability_zone": "az1", "ssd": "true"}}]''', "api")
Aggregate id=3 uuid=0c0c5c4e-4f4b-4f3b-8d5f-0d5f3b9f2b11 name=fast zone=az1 hosts=('compute1', 'compute2') \
metadata=(('availability_zone', 'az1'), ('ssd', 'true'))
"""

from __future__ import annotations

from collections.abc import Iterator

from mitate.collect.question import Answer, ApiQuestion, source
from mitate.collect.sources._json import records
from mitate.model.placement import Aggregate


@source(
    ApiQuestion(
        name="aggregates",
        limit=64_000_000,
        service="compute",
        path="/os-aggregates",
        key="aggregates",
        microversion="2.41",
        keep=("id", "uuid", "name", "availability_zone", "hosts", "metadata", "created_at", "updated_at"),
    ),
    Aggregate,
)
def aggregates(answer: Answer) -> Iterator[Aggregate]:
    for row in records(answer.text):
        yield Aggregate(
            source=answer.source,
            id=row.must("id"),
            uuid=row.must("uuid"),
            name=row.must("name"),
            zone=row.text("availability_zone"),
            hosts=row.texts("hosts"),
            metadata=row.mapping("metadata"),
            changed_at=row.when("updated_at") or row.when("created_at"),
        )
