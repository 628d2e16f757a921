from __future__ import annotations

from typing import Any

from mitate.analyze.checks.server_in_error import server_in_error
from mitate.model.cloud import Server
from mitate.model.diagnosis import State


def test_problem(wired: Any) -> None:
    wired.change(Server, status="ERROR", fault="Build of instance 1 aborted:\n Image 2 could not be found. ")
    finding = wired.only(server_in_error)
    assert finding.symptom
    assert finding.says.endswith("in ERROR: Build of instance 1 aborted: Image 2 could not be found")


def test_problem_with_a_novel_for_a_fault(wired: Any) -> None:
    wired.change(Server, status="ERROR", fault="x" * 5000)
    assert len(wired.only(server_in_error).says) < 300


def test_problem_without_a_word(wired: Any) -> None:
    wired.change(Server, status="ERROR")
    assert wired.only(server_in_error).says.endswith("Nova says no more")


def test_ok(wired: Any) -> None:
    wired.change(Server, status="SHUTOFF")
    assert wired.state(server_in_error) is State.OK


def test_ok_for_a_server_that_got_no_host(wired: Any) -> None:
    """That is server_got_no_host: one server is not two findings."""
    wired.change(Server, status="ERROR", fault="No valid host was found. ")
    assert wired.state(server_in_error) is State.OK


def test_unknown(wired: Any) -> None:
    wired.drop(Server)
    wired.world.gap("api", Server)
    assert wired.state(server_in_error) is State.UNKNOWN
