"""Minimal sets of constraints that no host meets together: the one name for "no allocation candidates"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from mitate.analyze.placement.answers import Unseen
from mitate.analyze.placement.cloud import Cloud
from mitate.analyze.placement.request import Ask
from mitate.analyze.placement.tree import fits, plain
from mitate.model.placement import Constraint

LARGEST = 3


def unsatisfiable(ask: Ask, cloud: Cloud, met: dict[Constraint, int]) -> tuple[tuple[Constraint, ...], ...]:
    """The smallest sets first; at most triples.

    met: for each constraint the hosts that meet it or may do so, a bit each in the order of ``cloud.hosts``.
    Whether a tree of providers meets several at once is only asked where each of them is met.
    """
    found: list[tuple[Constraint, ...]] = []
    for size in range(1, LARGEST + 1):
        for chosen in combinations(ask.constraints, size):
            if any(set(each) <= set(chosen) for each in found):
                continue
            left = -1
            for each in chosen:
                left &= met[each]
            if not left or (size > 1 and not _some_fit(left, chosen, ask, cloud)):
                found.append(chosen)
    return tuple(_simpler(found, ask.constraints))


def _simpler(
    found: list[tuple[Constraint, ...]], constraints: Sequence[Constraint]
) -> Iterator[tuple[Constraint, ...]]:
    """A trait that goes with none of the resources of its group is refused by itself."""
    alone = set()
    for one in constraints:
        group = [each for each in constraints if each.kind == "resource" and each.group == one.group]
        pairs = [{one, each} for each in group]
        if pairs and one.kind != "resource" and all(pair in map(set, found) for pair in pairs):
            alone.add(one)
            yield (one,)
    yield from (each for each in found if not alone & set(each))


def _some_fit(left: int, chosen: tuple[Constraint, ...], ask: Ask, cloud: Cloud) -> bool:
    """Whether one of the hosts takes all of them together."""
    if any(each.kind == "resource" for each in chosen):
        while left:
            lowest = left & -left
            left ^= lowest
            host = cloud.hosts[lowest.bit_length() - 1]
            try:
                if plain(chosen, host, cloud) or fits(chosen, ask.group_policy, host, cloud):
                    return True
            except Unseen:
                return True
        return False
    return True
