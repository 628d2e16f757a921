"""What every provider with a free megabyte of memory has and uses, and its traits.

>>> from mitate.collect.sources._sample import told
>>> told(memory_capacity, '''[{"provider_summaries": {"4e8e5957-649f-477b-9e5b-f1f75b21c03c": {
...     "resources": {"MEMORY_MB": {"capacity": 32, "used": 1}}, "traits": ["CUSTOM_GOLD"]}}}]''', "api")
Inventory provider_id=4e8e5957-649f-477b-9e5b-f1f75b21c03c resource_class=MEMORY_MB capacity=32 used=1
ProviderTraits provider_id=4e8e5957-649f-477b-9e5b-f1f75b21c03c traits=frozenset({'CUSTOM_GOLD'})
"""

from __future__ import annotations

from collections.abc import Iterator

from mitate.collect.question import Answer, source
from mitate.collect.sources._capacity import question, summaries
from mitate.model.placement import Inventory, ProviderTraits
from mitate.model.source import Fact


@source(question("memory_capacity", "MEMORY_MB"), Inventory, ProviderTraits)
def memory_capacity(answer: Answer) -> Iterator[Fact]:
    yield from summaries(answer)
