"""What every host has and uses, out of one request: the summaries that come with allocation candidates.

Asked for one unit of a class, Placement tells every provider that has one free, with all its classes and
traits. So a host that is full in one class is still seen when another class is asked about.
"""

from __future__ import annotations

from collections.abc import Iterator
from sys import intern

from mitate.collect.question import Answer, ApiQuestion
from mitate.collect.sources._json import records
from mitate.model.placement import Inventory, ProviderTraits
from mitate.model.source import Fact


def question(name: str, resource_class: str) -> ApiQuestion:
    """Microversion 1.29 tells all classes of a provider, and providers within providers."""
    return ApiQuestion(
        name=name,
        limit=64_000_000,
        service="placement",
        path=f"/allocation_candidates?resources={resource_class}:1",
        key="",
        single=True,
        microversion="1.29",
        keep=("provider_summaries.*.resources", "provider_summaries.*.traits"),
    )


def summaries(answer: Answer) -> Iterator[Fact]:
    """Hosts of one kind have the same traits: each set is held once."""
    known: dict[tuple[str, ...], frozenset[str]] = {}
    for row in records(answer.text):
        for provider, each in row.members("provider_summaries"):
            for name, amounts in each.members("resources"):
                yield Inventory(
                    source=answer.source,
                    provider_id=provider,
                    resource_class=intern(name),
                    capacity=amounts.number("capacity"),
                    used=amounts.number("used"),
                )
            if each.has("traits"):
                said = tuple(sorted(each.texts("traits")))
                traits = known.setdefault(said, frozenset(map(intern, said)))
                yield ProviderTraits(source=answer.source, provider_id=provider, traits=traits)
