from __future__ import annotations

from typing import Any

from mitate.analyze.checks.nova_upgrade_check_fails import nova_upgrade_check_fails
from mitate.model.diagnosis import Severity, State
from mitate.model.placement import UpgradeCheck


def test_problem(world: Any) -> None:
    said = "No host mappings found but there are compute nodes."
    world.add(UpgradeCheck, "controller", name="Cells v2", result="failure", details=said)
    finding = world.only(nova_upgrade_check_fails)
    assert (finding.subject.kind, finding.subject.id) == ("upgrade_check", "Cells v2")
    assert finding.says == f"nova-status finds fault with Cells v2: {said}"
    assert finding.severity is Severity.WARNING
    assert finding.symptom


def test_ok(world: Any) -> None:
    world.add(UpgradeCheck, "controller", name="Cells v2", result="success")
    outcome = world.run(nova_upgrade_check_fails)
    assert (outcome.state, outcome.notes) == (State.OK, ())


def test_ok_with_a_note_of_what_the_next_release_wants(world: Any) -> None:
    world.add(UpgradeCheck, "controller", name="Service User Token Configuration", result="failure")
    world.add(UpgradeCheck, "controller", name="Cinder API", result="warning")
    outcome = world.run(nova_upgrade_check_fails)
    assert outcome.state is State.OK
    assert outcome.notes == (
        "before its next upgrade Nova asks to see to: Cinder API and Service User Token Configuration",
    )


def test_unknown(world: Any) -> None:
    world.gap("controller", UpgradeCheck, why="nova-status ended with exit status 255")
    assert world.state(nova_upgrade_check_fails) is State.UNKNOWN
