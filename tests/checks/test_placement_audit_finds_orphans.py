from __future__ import annotations

from typing import Any

from mitate.analyze.checks.placement_audit_finds_orphans import placement_audit_finds_orphans
from mitate.model.diagnosis import Confidence, State
from mitate.model.placement import PlacementAudit

HELD = "{'resources': {'VCPU': 1}}"


def test_problem(wired: Any) -> None:
    wired.add(PlacementAudit, "controller", provider_id="1", orphans=(("c1", HELD), ("c2", HELD)))
    finding = wired.only(placement_audit_finds_orphans)
    assert finding.subject.name == "provider compute1"
    assert finding.says.endswith("for 2 consumers without a server or migration there: c1 and c2")
    assert finding.symptom
    assert finding.confidence is Confidence.PROVED


def test_problem_of_a_provider_that_the_api_did_not_tell(world: Any) -> None:
    world.add(PlacementAudit, "controller", provider_id="p9", orphans=(("c1", HELD),))
    assert world.only(placement_audit_finds_orphans).subject.name == "provider p9"


def test_problem_that_two_controllers_tell_is_one(wired: Any) -> None:
    for controller in ("controller1", "controller2"):
        wired.add(PlacementAudit, controller, provider_id="1", orphans=(("c1", HELD),))
    wired.only(placement_audit_finds_orphans)


def test_ok(world: Any) -> None:
    world.looked(PlacementAudit, "controller")
    assert world.state(placement_audit_finds_orphans) is State.OK


def test_unknown(world: Any) -> None:
    world.gap("controller", PlacementAudit, why="nova-manage ended with exit status 255")
    assert world.state(placement_audit_finds_orphans) is State.UNKNOWN
