"""Inventories, traits, aggregates and consumers of each resource provider, of the first forty of them.

Placement tells them of one provider at a time only; of a larger cloud the rest is said to be unseen.

>>> from mitate.collect.sources._sample import told
>>> told(provider_details, '''[{"uuid": "4e8e5957-649f-477b-9e5b-f1f75b21c03c", "name": "compute1",
...     "inventories": {"VCPU": {"total": 2, "reserved": 0, "min_unit": 1, "max_unit": 2, "step_size": 1,
...     "allocation_ratio": 16.0}}, "traits": ["CUSTOM_GOLD"],
...     "aggregates": ["0c0c5c4e-4f4b-4f3b-8d5f-0d5f3b9f2b11"],
...     "allocations": {"8fd71303-f915-4cbc-bc8f-70ed05ab1dfe": {"resources": {"VCPU": 1}}}}]''', "api")
Allocation provider_id=4e8e5957-649f-477b-9e5b-f1f75b21c03c consumer_id=8fd71303-f915-4cbc-bc8f-70ed05ab1dfe \
resource_class=VCPU amount=1
Inventory provider_id=4e8e5957-649f-477b-9e5b-f1f75b21c03c resource_class=VCPU capacity=32 used=1 total=2 \
reserved=0 ratio=16.0 min_unit=1 max_unit=2 step_size=1
ProviderTraits provider_id=4e8e5957-649f-477b-9e5b-f1f75b21c03c traits=frozenset({'CUSTOM_GOLD'})
ProviderAggregates provider_id=4e8e5957-649f-477b-9e5b-f1f75b21c03c \
aggregates=frozenset({'0c0c5c4e-4f4b-4f3b-8d5f-0d5f3b9f2b11'})
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from mitate.collect.question import Again, Answer, ApiQuestion, source
from mitate.collect.sources._json import Record, records
from mitate.collect.sources._providers import INVENTORY, allocations, inventories
from mitate.model.placement import Allocation, Inventory, ProviderAggregates, ProviderTraits
from mitate.model.source import Fact, Source

MOST = 40
PARTS = ("inventories", "traits", "aggregates", "allocations")


@source(
    ApiQuestion(
        name="provider_details",
        limit=64_000_000,
        service="placement",
        path="/resource_providers",
        key="resource_providers",
        microversion="1.19",
        keep=(
            "uuid",
            *(f"inventories.*.{name}" for name in INVENTORY),
            "traits",
            "aggregates",
            "allocations.*.resources",
        ),
        again=tuple(
            Again(path=f"/resource_providers/{{uuid}}/{part}", key=part, into=part, most=MOST)
            for part in PARTS
        ),
    ),
    Inventory,
    ProviderTraits,
    ProviderAggregates,
    Allocation,
)
def provider_details(answer: Answer) -> Iterator[Fact]:
    for row in records(answer.text):
        yield from _details(answer.source, row.must("uuid"), row)


def _details(source: Source, provider: str, row: Record) -> Iterator[Fact]:
    held = list(allocations(source, provider, row, "allocations"))
    used: Counter[str] = Counter()
    for each in held:
        used[each.resource_class] += each.amount
    yield from held
    yield from inventories(source, provider, row, "inventories", used if row.has("allocations") else None)
    if row.has("traits"):
        yield ProviderTraits(source=source, provider_id=provider, traits=frozenset(row.texts("traits")))
    if row.has("aggregates"):
        aggregates = frozenset(row.texts("aggregates"))
        yield ProviderAggregates(source=source, provider_id=provider, aggregates=aggregates)
