"""The resource providers that Placement has in one aggregate.

>>> from mitate.collect.sources._sample import told
>>> told(providers_in, '[{"uuid": "4e8e5957"}]', "api", "0c0c5c4e")
ProviderAggregates provider_id=4e8e5957 aggregates=frozenset({'0c0c5c4e'})
"""

from __future__ import annotations

from collections.abc import Iterator

from mitate.collect.question import Answer, ApiQuestion, source
from mitate.collect.sources._json import records
from mitate.model.placement import ProviderAggregates


@source(
    ApiQuestion(
        name="providers_in",
        slots=(("aggregate", "uuid"),),
        limit=16_000_000,
        service="placement",
        path="/resource_providers?member_of={aggregate}",
        key="resource_providers",
        microversion="1.14",
        keep=("uuid",),
    ),
    ProviderAggregates,
)
def providers_in(answer: Answer) -> Iterator[ProviderAggregates]:
    aggregates = frozenset({answer.given})
    for row in records(answer.text):
        yield ProviderAggregates(source=answer.source, provider_id=row.must("uuid"), aggregates=aggregates)
