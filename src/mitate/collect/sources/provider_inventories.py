"""The inventories of one resource provider.

>>> from mitate.collect.sources._sample import told
>>> told(provider_inventories, '''[{"inventories": {"VCPU": {"total": 2, "reserved": 0, "min_unit": 1,
...     "max_unit": 2, "step_size": 1, "allocation_ratio": 16.0}}}]''', "api", "4e8e5957")
Inventory provider_id=4e8e5957 resource_class=VCPU capacity=32 total=2 reserved=0 ratio=16.0 min_unit=1 \
max_unit=2 step_size=1
"""

from __future__ import annotations

from collections.abc import Iterator

from mitate.collect.question import Answer, ApiQuestion, source
from mitate.collect.sources._json import records
from mitate.collect.sources._providers import INVENTORY, inventories
from mitate.model.placement import Inventory


@source(
    ApiQuestion(
        name="provider_inventories",
        slots=(("provider", "uuid"),),
        service="placement",
        path="/resource_providers/{provider}/inventories",
        key="",
        single=True,
        microversion="1.14",
        keep=tuple(f"inventories.*.{name}" for name in INVENTORY),
    ),
    Inventory,
)
def provider_inventories(answer: Answer) -> Iterator[Inventory]:
    for row in records(answer.text):
        yield from inventories(answer.source, answer.given, row, "inventories")
