"""Every resource provider, and how they stand in trees (microversion 1.14).

>>> from mitate.collect.sources._sample import told
>>> told(resource_providers, '''[{"uuid": "4e8e5957-649f-477b-9e5b-f1f75b21c03c", "name": "compute1",
...     "generation": 7, "root_provider_uuid": "4e8e5957-649f-477b-9e5b-f1f75b21c03c",
...     "parent_provider_uuid": null}]''', "api")
Provider id=4e8e5957-649f-477b-9e5b-f1f75b21c03c name=compute1 root_id=4e8e5957-649f-477b-9e5b-f1f75b21c03c \
generation=7
"""

from __future__ import annotations

from collections.abc import Iterator

from mitate.collect.question import Answer, ApiQuestion, source
from mitate.collect.sources._json import records
from mitate.model.placement import Provider


@source(
    ApiQuestion(
        name="resource_providers",
        limit=64_000_000,
        service="placement",
        path="/resource_providers",
        key="resource_providers",
        microversion="1.14",
        keep=("uuid", "name", "generation", "root_provider_uuid", "parent_provider_uuid"),
    ),
    Provider,
)
def resource_providers(answer: Answer) -> Iterator[Provider]:
    for row in records(answer.text):
        yield Provider(
            source=answer.source,
            id=row.must("uuid"),
            name=row.text("name"),
            root_id=row.text("root_provider_uuid"),
            parent_id=row.text("parent_provider_uuid"),
            generation=row.number("generation"),
        )
