from __future__ import annotations

from typing import Any

import pytest

from mitate.analyze.checks.orphaned_allocations import orphaned_allocations
from mitate.model.cloud import Server
from mitate.model.diagnosis import Confidence, State
from mitate.model.host import ConfigOption
from mitate.model.placement import Allocation, Inventory, PlacementAudit

LOST = "0e64e8f0-1111-4222-8333-444455556666"


def lose(wired: Any, amount: int = 30, consumer: str = LOST) -> None:
    """Room of compute1 that is held for nobody, and is used up by that."""
    wired.add(Allocation, provider_id="1", consumer_id=consumer, amount=amount)
    wired.change(Inventory, lambda each: each.resource_class == "VCPU", used=1 + amount)


def refused(wired: Any, **fields: Any) -> None:
    asked = {"flavor_name": "m1", "flavor_vcpus": 2, "flavor_ram_mb": 64, **fields}
    wired.add(Server, id="s2", name="vm2", status="ERROR", fault="No valid host was found. ", **asked)


def test_problem(wired: Any) -> None:
    lose(wired)
    finding = wired.only(orphaned_allocations)
    assert (finding.subject.kind, finding.subject.id, finding.subject.host) == ("provider", "1", "compute1")
    assert finding.says == f"compute1 holds 30 VCPU for a consumer that is no server: {LOST}"
    assert finding.confidence is Confidence.CONFIRMED
    assert finding.fix[-1] == f"openstack resource provider allocation delete {LOST}"


def test_problem_that_took_a_servers_room(wired: Any) -> None:
    lose(wired)
    refused(wired)
    assert "room for server vm2, which got no host" in wired.only(orphaned_allocations).says


@pytest.mark.parametrize("asked", [{"flavor_vcpus": 1}, {"flavor_vcpus": 32}], ids=["fits", "never fits"])
def test_problem_that_is_not_why_a_server_failed(wired: Any, asked: dict[str, int]) -> None:
    lose(wired)
    refused(wired, **asked)
    assert "vm2" not in wired.only(orphaned_allocations).says


def test_problem_beside_a_migration_is_less_sure(wired: Any) -> None:
    """Two unknown consumers, one server that is being moved: which is its migration nobody can say."""
    wired.change(Server, status="VERIFY_RESIZE")
    lose(wired)
    lose(wired, consumer="another")
    finding = wired.only(orphaned_allocations)
    assert "1 may belong to moves that go on" in finding.says
    assert finding.confidence is Confidence.INFERRED


def test_problem_that_novas_audit_proves(wired: Any) -> None:
    """It knows every migration: what it names is none, however many servers are being moved."""
    wired.change(Server, status="VERIFY_RESIZE")
    lose(wired)
    wired.add(PlacementAudit, "controller", provider_id="1", orphans=((LOST, "{'resources': {'VCPU': 30}}"),))
    finding = wired.only(orphaned_allocations)
    assert finding.confidence is Confidence.PROVED
    assert "may belong" not in finding.says


def test_problem_where_deleted_servers_are_kept(wired: Any) -> None:
    """The value of that option does not travel: that it is set is enough to doubt."""
    lose(wired)
    said = {"service": "nova-compute", "file": "/etc/nova/nova.conf", "section": "DEFAULT", "redacted": True}
    wired.add(ConfigOption, "compute1", name="reclaim_instance_interval", value="", **said)
    assert wired.only(orphaned_allocations).confidence is Confidence.INFERRED


def test_ok(wired: Any) -> None:
    assert wired.state(orphaned_allocations) is State.OK


@pytest.mark.parametrize("status", ["RESIZE", "VERIFY_RESIZE", "MIGRATING"])
def test_ok_while_a_server_is_moved(wired: Any, status: str) -> None:
    """The migration holds the room on the source, under its own id."""
    wired.change(Server, status=status)
    lose(wired)
    assert wired.state(orphaned_allocations) is State.OK


def test_ok_for_a_server_that_the_audit_finds_elsewhere(wired: Any) -> None:
    """An evacuated one leaves its share behind, until the host comes back and clears it."""
    orphan = ("8fd71303-f915-4cbc-bc8f-70ed05ab1dfe", "{'resources': {'VCPU': 1}}")
    wired.add(PlacementAudit, "controller", provider_id="1", orphans=(orphan,))
    assert wired.state(orphaned_allocations) is State.OK


def test_ok_for_what_no_server_could_hold(wired: Any) -> None:
    wired.add(Allocation, provider_id="1", consumer_id=LOST, resource_class="IPV4_ADDRESS")
    assert wired.state(orphaned_allocations) is State.OK


def test_unknown_without_the_servers(wired: Any) -> None:
    """Every allocation would look orphaned."""
    wired.drop(Server)
    wired.world.gap("api", Server, why="403")
    assert wired.state(orphaned_allocations) is State.UNKNOWN


def test_unknown_without_the_allocations(wired: Any) -> None:
    wired.drop(Allocation)
    wired.world.gap("api", Allocation)
    assert wired.state(orphaned_allocations) is State.UNKNOWN
