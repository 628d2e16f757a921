from __future__ import annotations

from typing import Any

import pytest

from mitate.analyze.checks.aggregate_differs_in_placement import aggregate_differs_in_placement
from mitate.model.diagnosis import Confidence, Severity, State
from mitate.model.host import ConfigOption
from mitate.model.placement import Aggregate, Provider, ProviderAggregates

ASKS = "query_placement_for_availability_zone"


def option(wired: Any, name: str, value: str) -> None:
    said = {"service": "nova-scheduler", "file": "/etc/nova/nova.conf", "section": "scheduler"}
    wired.add(ConfigOption, "controller", name=name, value=value, **said)


def test_problem_of_a_zone(wired: Any) -> None:
    wired.add(Aggregate, uuid="agg2", name="az2", zone="az2", hosts=("compute1",))
    finding = wired.only(aggregate_differs_in_placement)
    assert (finding.subject.kind, finding.subject.id) == ("aggregate", "agg2")
    assert "compute1 only in Nova; the scheduler asks Placement for the hosts of zone az2" in finding.says
    assert finding.severity is Severity.WARNING
    assert finding.confidence is Confidence.PREDICTED
    assert finding.fix == ("nova-manage placement sync_aggregates --verbose",)


@pytest.mark.parametrize(
    ("value", "severity"), [("false", Severity.INFO), ("True", Severity.WARNING)], ids=str
)
def test_problem_as_the_scheduler_is_configured(wired: Any, value: str, severity: Severity) -> None:
    option(wired, ASKS, value)
    wired.add(Aggregate, uuid="agg2", name="az2", zone="az2", hosts=("compute1",))
    finding = wired.only(aggregate_differs_in_placement)
    assert (finding.severity, finding.confidence) == (severity, Confidence.CONFIRMED)


@pytest.mark.parametrize(
    ("value", "severity"), [("", Severity.INFO), ("true", Severity.WARNING)], ids=["default", "on"]
)
def test_problem_of_a_tenants_own(wired: Any, value: str, severity: Severity) -> None:
    if value:
        option(wired, "limit_tenants_to_placement_aggregate", value)
    wired.change(Aggregate, metadata=(("filter_tenant_id1", "p1"),))
    wired.change(ProviderAggregates, aggregates=frozenset())
    assert wired.only(aggregate_differs_in_placement).severity is severity


def test_problem_left_over_in_placement(wired: Any) -> None:
    wired.change(Provider, generation=7)
    wired.change(Aggregate, hosts=())
    wired.change(ProviderAggregates, aggregates=frozenset(["agg1", "agg5"]))
    finding = wired.only(aggregate_differs_in_placement)
    assert finding.severity is Severity.INFO
    assert "compute1 only in Placement" in finding.says
    assert finding.fix == ("openstack resource provider aggregate set --generation 7 --aggregate agg5 1",)


def test_ok(wired: Any) -> None:
    assert wired.state(aggregate_differs_in_placement) is State.OK


def test_ok_for_what_is_no_aggregate_of_nova(wired: Any) -> None:
    """Shared storage and routed networks have aggregates of their own in Placement."""
    wired.change(ProviderAggregates, aggregates=frozenset(["agg1", "storage"]))
    assert wired.state(aggregate_differs_in_placement) is State.OK


def test_ok_for_a_provider_nobody_asked_about(wired: Any) -> None:
    wired.drop(ProviderAggregates)
    wired.world.looked(ProviderAggregates)
    assert wired.state(aggregate_differs_in_placement) is State.OK


def test_unknown(wired: Any) -> None:
    wired.drop(ProviderAggregates)
    wired.world.gap("api", ProviderAggregates)
    assert wired.state(aggregate_differs_in_placement) is State.UNKNOWN
