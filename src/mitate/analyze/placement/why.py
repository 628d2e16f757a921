"""Why a request gets no host: every host asked everything, the waterfall, the verdict."""

from __future__ import annotations

from collections.abc import Sequence

from mitate.analyze.placement.cloud import Cloud, HostState
from mitate.analyze.placement.request import Ask
from mitate.model.placement import Constraint, Explanation, Wanted


def explain(
    wanted: Wanted, ask: Ask, cloud: Cloud, *, took_s: float = 0.0, api_requests: int = 0
) -> Explanation:
    """The answer of ``mitate placement``."""
    raise NotImplementedError


def nearest(wanted: Wanted, ask: Ask, cloud: Cloud, n: int = 4) -> tuple[HostState, ...]:
    """The hosts with the fewest refusals, whose inventories and allocations are worth asking for."""
    raise NotImplementedError


def proofs(ask: Ask, sets: Sequence[tuple[Constraint, ...]]) -> tuple[str, ...]:
    """Queries that prove minimal sets: for each set, the whole ask without one of its members must have
    candidates again."""
    raise NotImplementedError
