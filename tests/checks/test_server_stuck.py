from __future__ import annotations

from typing import Any

from mitate.analyze.checks.server_stuck import server_stuck
from mitate.model.cloud import Server
from mitate.model.diagnosis import State


def test_problem(wired: Any) -> None:
    wired.change(Server, status="BUILD", task_state="spawning", updated_at=wired.world.ago(1500))
    finding = wired.only(server_stuck)
    assert finding.symptom
    assert finding.says == "server vm1 has been spawning for 25 minutes, status BUILD"


def test_ok_when_it_has_just_begun(wired: Any) -> None:
    wired.change(Server, task_state="rebooting_hard", updated_at=wired.world.ago(300))
    assert wired.state(server_stuck) is State.OK


def test_ok_while_much_data_is_copied(wired: Any) -> None:
    wired.change(Server, task_state="image_uploading", updated_at=wired.world.ago(3600))
    assert wired.state(server_stuck) is State.OK


def test_ok_when_idle(wired: Any) -> None:
    wired.change(Server, updated_at=wired.world.ago(9_000_000))
    assert wired.state(server_stuck) is State.OK


def test_unknown(wired: Any) -> None:
    wired.drop(Server)
    wired.world.gap("api", Server)
    assert wired.state(server_stuck) is State.UNKNOWN
