"""Placement's own judgement, provider by provider: capacity, units, traits, aggregates, trees."""

from __future__ import annotations

from mitate.analyze.placement.answers import Refusal
from mitate.analyze.placement.cloud import Cloud, HostState
from mitate.analyze.placement.request import Ask
from mitate.model.placement import Constraint


def refusal(constraint: Constraint, host: HostState, cloud: Cloud) -> Refusal | None:
    """What one constraint, by itself, says to one host. Raises Unseen."""
    raise NotImplementedError


def together(ask: Ask, host: HostState, cloud: Cloud) -> Refusal | None:
    """What all of them together say to a tree that meets each by itself. Raises Unseen."""
    raise NotImplementedError


def unsatisfiable(ask: Ask, cloud: Cloud) -> tuple[tuple[Constraint, ...], ...]:
    """Minimal sets of constraints that no host meets together, the smallest first; at most triples."""
    raise NotImplementedError
