"""Everything known of one cloud at one moment: facts, gaps, and where was looked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TypeVar, cast

import msgspec

from mitate.model.source import Fact, Gap

F = TypeVar("F", bound=Fact)


class Snapshot(msgspec.Struct, frozen=True):
    """facts: by class, in the order they were told. looked: (fact class name, place) pairs that answered.

    A pair in ``looked`` without a fact means "nothing there"; no pair means nobody could tell.
    """

    cloud: str
    taken_at: datetime
    facts: Mapping[type[Fact], tuple[Fact, ...]] = {}
    gaps: tuple[Gap, ...] = ()
    looked: frozenset[tuple[str, str]] = frozenset()

    def all(self, kind: type[F]) -> tuple[F, ...]:
        """Every fact of that very class."""
        return cast("tuple[F, ...]", self.facts.get(kind, ()))

    def blind(self, kind: type[Fact]) -> list[Gap]:
        """Why facts of that class are missing, or were never asked for. Empty when all was seen."""
        name = kind.__name__
        gaps = [gap for gap in self.gaps if name in gap.kinds]
        if not gaps and not any(seen == name for seen, _ in self.looked):
            gaps.append(Gap("everywhere", name, "nobody was asked", (name,)))
        return gaps


def snapshot(
    cloud: str,
    taken_at: datetime,
    facts: Iterable[Fact],
    gaps: Iterable[Gap] = (),
    looked: Iterable[tuple[str, str]] = (),
) -> Snapshot:
    """Index facts by class. Where a fact stands, somebody looked: its (class, host) joins ``looked``."""
    by_kind: dict[type[Fact], list[Fact]] = defaultdict(list)
    seen = set(looked)
    for fact in facts:
        by_kind[type(fact)].append(fact)
        seen.add((type(fact).__name__, fact.source.host))
    return Snapshot(
        cloud=cloud,
        taken_at=taken_at,
        facts={kind: tuple(found) for kind, found in by_kind.items()},
        gaps=tuple(gaps),
        looked=frozenset(seen),
    )
