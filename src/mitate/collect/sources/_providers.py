"""What a provider has, and who holds how much of it, as Placement tells."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator

from mitate.collect.sources._json import Record
from mitate.model.placement import Allocation, Inventory
from mitate.model.source import Source

INVENTORY = ("total", "reserved", "allocation_ratio", "min_unit", "max_unit", "step_size")


def inventories(
    source: Source, provider: str, row: Record, path: str, used: Counter[str] | None = None
) -> Iterator[Inventory]:
    """Each class at the path. used: by class; None when it is not known who uses what."""
    for name, each in row.members(path):
        total, reserved, ratio = (
            each.number("total"),
            each.number("reserved"),
            each.decimal("allocation_ratio"),
        )
        capacity = None
        if total is not None and reserved is not None and ratio is not None and math.isfinite(ratio):
            capacity = int((total - reserved) * ratio)
        yield Inventory(
            source=source,
            provider_id=provider,
            resource_class=name,
            capacity=capacity,
            used=None if used is None else used[name],
            total=total,
            reserved=reserved,
            ratio=ratio,
            min_unit=each.number("min_unit"),
            max_unit=each.number("max_unit"),
            step_size=each.number("step_size"),
        )


def allocations(source: Source, provider: str, row: Record, path: str) -> Iterator[Allocation]:
    """What each consumer at the path holds."""
    for consumer, each in row.members(path):
        for name, amount in each.mapping("resources"):
            if amount.isdecimal() and len(amount) < 19:
                yield Allocation(
                    source=source,
                    provider_id=provider,
                    consumer_id=consumer,
                    resource_class=name,
                    amount=int(amount),
                )
