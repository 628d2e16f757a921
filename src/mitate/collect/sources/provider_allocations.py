"""Who holds how much of one resource provider.

>>> from mitate.collect.sources._sample import told
>>> told(provider_allocations, '''[{"allocations": {"8fd71303-f915-4cbc-bc8f-70ed05ab1dfe":
...     {"resources": {"VCPU": 1}}}}]''', "api", "4e8e5957")
Allocation provider_id=4e8e5957 consumer_id=8fd71303-f915-4cbc-bc8f-70ed05ab1dfe resource_class=VCPU amount=1
"""

from __future__ import annotations

from collections.abc import Iterator

from mitate.collect.question import Answer, ApiQuestion, source
from mitate.collect.sources._json import records
from mitate.collect.sources._providers import allocations
from mitate.model.placement import Allocation


@source(
    ApiQuestion(
        name="provider_allocations",
        slots=(("provider", "uuid"),),
        limit=16_000_000,
        service="placement",
        path="/resource_providers/{provider}/allocations",
        key="",
        single=True,
        microversion="1.14",
        keep=("allocations.*.resources",),
    ),
    Allocation,
)
def provider_allocations(answer: Answer) -> Iterator[Allocation]:
    for row in records(answer.text):
        yield from allocations(answer.source, answer.given, row, "allocations")
