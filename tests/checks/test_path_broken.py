"""On the recorded practice cloud: paths need a whole one."""

from __future__ import annotations

import msgspec
import pytest

from mitate.analyze.check import run_checks
from mitate.analyze.checks.path_broken import path_broken
from mitate.analyze.paths import MOST, wishes
from mitate.model.cloud import FloatingIp, SecurityGroupRule
from mitate.model.diagnosis import Outcome, Severity, State
from mitate.model.net import IptablesRule, Link, Route
from mitate.model.source import Fact
from tests.trace.conftest import Change, Cloud, changed, recorded, without


@pytest.fixture
def cloud() -> Cloud:
    return Cloud(recorded("healthy"))


def seen(cloud: Cloud, change: Change | None = None, *more: Fact) -> Outcome:
    return run_checks(cloud.but(change, *more).snapshot, [path_broken])[0]


def test_problem_many_paths_that_die_in_one_place_are_one_finding(cloud: Cloud) -> None:
    """The router has lost its way out: its floating IP's reply and its own way out die there."""
    outcome = seen(
        cloud,
        without(lambda f: isinstance(f, Route) and f.namespace == cloud.space and f.destination == "default"),
    )
    (finding,) = outcome.findings
    assert (finding.subject.kind, finding.subject.id) == ("router", cloud.router.id)
    assert finding.severity is Severity.CRITICAL
    assert "RTR_NO_ROUTE" in finding.says
    assert cloud.floating.address in finding.says
    assert finding.evidence


def test_problem_at_a_tap_is_the_ports(cloud: Cloud) -> None:
    outcome = seen(cloud, changed(lambda f: isinstance(f, Link) and f.name == cloud.tap, master=""))
    assert {finding.subject.id for finding in outcome.findings} == {cloud.port.id}


def test_ok(cloud: Cloud) -> None:
    assert seen(cloud).state is State.OK


def test_ok_when_a_security_group_forbids_it_on_purpose(cloud: Cloud) -> None:
    """No rule lets ICMP in, and the host says so too."""
    groups = set(cloud.port.security_groups)
    accept = without(
        lambda f: (
            (isinstance(f, SecurityGroupRule) and f.group_id in groups and f.direction == "ingress")
            or (isinstance(f, IptablesRule) and "-i" in f.chain and f.chain.startswith("neutron-linuxbri-i"))
        )
    )
    closed = cloud.like(
        IptablesRule,
        "compute1",
        namespace="",
        table="filter",
        chain=f"neutron-linuxbri-i{cloud.port.id[:10]}",
        rule=f"-A neutron-linuxbri-i{cloud.port.id[:10]} -j DROP",
    )
    outcome = seen(cloud, accept, closed)
    assert not [each for each in outcome.findings if cloud.floating.address in each.says], outcome.findings


def test_unknown_when_a_host_on_the_way_was_not_seen(cloud: Cloud) -> None:
    outcome = seen(cloud, without(lambda f: f.source.host == "compute1"))
    assert outcome.state is State.UNKNOWN
    assert any(
        "could not be seen" in gap.why or "no host that was seen" in gap.why
        for gap in outcome.unknown_because
    )


def test_of_very_many_a_sample_is_walked_and_it_is_said(cloud: Cloud) -> None:
    many = [
        msgspec.structs.replace(cloud.floating, id=f"fip-{at}", address=f"203.0.{at // 250}.{at % 250 + 1}")
        for at in range(3 * MOST)
    ]
    chosen, notes = wishes(cloud.but(without(lambda f: isinstance(f, FloatingIp)), *many))
    assert sum(each.kind == "floating IPs" for each in chosen) == MOST
    assert notes == [f"of {3 * MOST:,} floating IPs an even sample of {MOST} was walked"]
