from __future__ import annotations

from typing import Any

from mitate.analyze.checks.compute_disabled_by_trait import TRAIT, compute_disabled_by_trait
from mitate.model.cloud import ComputeService
from mitate.model.diagnosis import Severity, State
from mitate.model.placement import ProviderTraits


def test_problem_stale_trait(wired: Any) -> None:
    wired.change(ProviderTraits, traits=frozenset([TRAIT]))
    finding = wired.only(compute_disabled_by_trait)
    assert (finding.subject.kind, finding.subject.id) == ("service", "nova-compute@compute1")
    assert finding.severity is Severity.WARNING
    assert "is enabled, but its provider has the trait" in finding.says
    assert [line.split()[4] for line in finding.fix] == ["--disable", "--enable"]


def test_problem_missing_trait_is_a_note(wired: Any) -> None:
    wired.change(ComputeService, enabled=False)
    assert wired.only(compute_disabled_by_trait).severity is Severity.INFO


def test_ok(wired: Any) -> None:
    assert wired.state(compute_disabled_by_trait) is State.OK


def test_ok_disabled_on_both_sides(wired: Any) -> None:
    wired.change(ProviderTraits, traits=frozenset([TRAIT]))
    wired.change(ComputeService, enabled=False)
    assert wired.state(compute_disabled_by_trait) is State.OK


def test_ok_disabled_while_it_was_down(wired: Any) -> None:
    wired.change(ComputeService, enabled=False, up=False)
    assert wired.state(compute_disabled_by_trait) is State.OK


def test_unknown(wired: Any) -> None:
    wired.drop(ProviderTraits)
    wired.world.gap("api", ProviderTraits)
    assert wired.state(compute_disabled_by_trait) is State.UNKNOWN
