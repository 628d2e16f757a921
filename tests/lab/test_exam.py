"""The exam's own logic: what is examined, in which order, and that all is mended."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from mitate.lab import Lab, LabError
from mitate.lab.exam import Result, passed, summary
from mitate.lab.faults import LIVE, Traced
from tests.lab.exam_bench import TOUCH, TRACED, Exam, cause


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Exam:
    return Exam(tmp_path, monkeypatch)


def test_all_detected_right_and_quiet(made: Exam) -> None:
    assert made.run() == 0
    assert made.said[0] == "exam of 3 faults, seed 7"
    assert made.said[-1].startswith(
        "exam: 3 faults, 3 detected, 3 right cause first, 3 quiet after mending, median 0."
    )
    assert sorted(made.lab.mended) == sorted(made.faults)


def test_the_order_is_the_seeds(made: Exam) -> None:
    made.add(*(f"more_{letter}" for letter in "abcdefgh"))
    made.run(seed=1)
    once = made.order()
    made.said.clear()
    made.run(seed=1)
    assert made.order() == once
    made.said.clear()
    made.run(seed=2)
    assert made.order() != once


def test_what_a_change_touches_comes_first(made: Exam) -> None:
    made.add(*(f"more_{letter}" for letter in "abcdefgh"))
    made.run(first=["two_bad", "more_h"])
    assert set(made.order()[:2]) == {"two_bad", "more_h"}
    assert len(made.order()) == 11


def test_only_those_named(made: Exam) -> None:
    made.run(["two_bad"], first=["one_bad"])
    assert made.order() == ["two_bad"]


def test_a_symptom_first_is_detected_but_not_right(made: Exam) -> None:
    made.lab.diagnosis["one_bad"] = [cause("other"), cause("another", explains=["one_bad"])]
    assert made.run(["one_bad"]) == 1
    assert made.said[-1].startswith("exam: 1 faults, 1 detected, 0 right cause first, 1 quiet")
    assert made.said[-2].split()[:4] == ["one_bad", "yes", "NO", "yes"]
    assert made.said[-2].endswith("other: thing")


def test_nothing_found_is_not_detected(made: Exam) -> None:
    made.lab.diagnosis["one_bad"] = []
    assert made.run(["one_bad"]) == 1
    assert made.said[-2].split()[:4] == ["one_bad", "NO", "NO", "yes"]


def test_only_faults_of_the_clouds_driver(made: Exam) -> None:
    made.faults["one_bad"] = replace(made.faults["one_bad"], drivers=("ovs",))
    made.run()
    assert sorted(made.order()) == ["three_bad", "two_bad"]
    with pytest.raises(LabError, match="one_bad cannot be brought about"):
        made.run(["one_bad"])


def test_with_fake_computes_only_faults_that_bear_them(made: Exam) -> None:
    made.lab.fakes = 10
    made.faults["one_bad"] = replace(made.faults["one_bad"], fakes=False)
    made.run()
    assert sorted(made.order()) == ["three_bad", "two_bad"]
    with pytest.raises(LabError, match="one_bad cannot be brought about"):
        made.run(["one_bad"])


def test_what_stays_after_mending_is_told_and_reset(made: Exam) -> None:
    made.lab.lasting = cause("left_over", "this")

    def breaks(lab: Lab) -> None:
        made.lab.tell([cause("bad_a")])

    made.add("bad_a", break_=breaks)
    assert made.run(["bad_a", "one_bad"], first=["bad_a"]) == 1
    assert "not quiet: exit status 1; left_over: this" in made.said
    assert made.lab.resets == 1
    assert made.said[-1].startswith("exam: 2 faults, 2 detected, 2 right cause first, 1 quiet after mending")


def test_a_break_that_does_not_show_is_mended(made: Exam) -> None:
    def breaks(lab: Lab) -> None:
        raise LabError("Waited 60 s in vain for it to show.")

    made.add("shy_one", break_=breaks)
    assert made.run(["shy_one"]) == 1
    assert made.lab.mended == ["shy_one"]
    assert "shy_one: Waited 60 s in vain for it to show." in made.said
    assert made.said[-1].endswith(
        "0 detected, 0 right cause first, 1 quiet after mending, median - s to diagnose"
    )


@pytest.mark.parametrize("how", ["interrupt", "terminate"])
def test_an_interrupted_exam_mends_what_it_broke(made: Exam, how: str) -> None:
    def breaks(lab: Lab) -> None:
        if how == "interrupt":
            raise KeyboardInterrupt
        os.kill(os.getpid(), signal.SIGTERM)

    made.add("slow_one", break_=breaks)
    before = signal.getsignal(signal.SIGTERM)
    with suppress(KeyboardInterrupt):
        made.run(["slow_one"])
        pytest.fail("it went on")
    assert made.lab.mended == ["slow_one"]
    assert made.lab.in_force == []
    assert signal.getsignal(signal.SIGTERM) == before


def test_no_fault_is_begun_when_time_is_up(made: Exam) -> None:
    assert made.run(within_s=0) == 1
    assert made.said[-2].startswith("not run, since time was up: ")
    assert all(name in made.said[-2] for name in made.faults)
    assert made.said[-1].startswith("exam: 0 faults, 0 detected")


def test_no_fault_is_begun_that_would_not_be_over_in_time(made: Exam) -> None:
    """The longest fault so far says how long the next may take."""
    made.add("slow_one", break_=lambda lab: time.sleep(1))
    made.run(first=["slow_one"], within_s=1.5)
    assert made.lab.mended == ["slow_one"]


def test_a_cloud_that_is_not_healthy_is_not_examined(made: Exam) -> None:
    made.lab.tell([cause("older_trouble", "that")])
    with pytest.raises(LabError, match=r"not healthy before anything was broken\.\n.*older_trouble: that"):
        made.run()
    assert made.lab.mended == []


def test_a_cloud_with_a_fault_in_force_is_not_examined(made: Exam) -> None:
    made.lab.in_force.append("one_bad")
    with pytest.raises(LabError, match="mitate lab mend"):
        made.run()


def test_an_unknown_fault_is_refused(made: Exam) -> None:
    with pytest.raises(LabError, match="no fault called nonsense"):
        made.run(["nonsense"])


@pytest.mark.parametrize("out", ["", "{", "[]", "null", '{"causes": null}', "nothing wrong here"])
def test_an_answer_that_is_no_diagnosis_is_not_quiet(made: Exam, out: str) -> None:
    """Exit status 0 alone does not say that anybody looked."""
    made.lab.answer.write_text(json.dumps({"out": out, "status": 0}))
    with pytest.raises(LabError, match="not healthy before"):
        made.run()


def test_a_command_that_is_not_there(made: Exam) -> None:
    with pytest.raises(LabError, match="cannot be started"):
        made.run(commands=made.commands(check=("/nonexistent/mitate",)))


def test_recordings_of_the_healthy_and_each_broken_cloud(made: Exam, tmp_path: Path) -> None:
    target = tmp_path / "recordings"
    commands = made.commands(record=(sys.executable, "-c", TOUCH))
    made.run(["one_bad", "two_bad"], record_to=target, commands=commands)
    names = sorted(path.name for path in target.iterdir())
    assert names == ["healthy.tar.gz", "one_bad.tar.gz", "two_bad.tar.gz"]


def test_a_recording_that_fails_is_told(made: Exam, tmp_path: Path) -> None:
    commands = made.commands(record=(sys.executable, "-c", "import sys; sys.exit('disk full')"))
    with pytest.raises(LabError, match=r"healthy was not recorded: exit status 1\.\ndisk full"):
        made.run(record_to=tmp_path / "recordings", commands=commands)


def test_nineteen_of_twenty_right_pass_and_eighteen_do_not() -> None:
    good = Result("a", True, True, True, 1.0)
    wrong = Result("b", True, False, True, 1.0)
    assert passed([good] * 19 + [wrong])
    assert not passed([good] * 18 + [wrong] * 2)
    assert not passed([])
    assert not passed([good] * 99 + [Result("c", True, True, False, 1.0)])
    assert "median - s" in summary([])


def test_what_only_a_packet_can_tell_is_not_recorded(made: Exam, tmp_path: Path) -> None:
    made.add_traced("seen_live", Traced("vm1", "vm2", TRACED.code, options=LIVE))
    made.add_traced("seen_still")
    commands = made.commands(record=(sys.executable, "-c", TOUCH))
    assert made.run(["seen_live", "seen_still"], record_to=tmp_path / "kept", commands=commands) == 0
    assert sorted(path.name for path in (tmp_path / "kept").iterdir()) == [
        *("healthy.tar.gz", "seen_still.tar.gz")
    ]
