"""The exam's own logic.

Lab and commands are fakes: the lab only remembers what is broken, and the commands print what the fake lab
wrote for them. The exam with the real ones is `mitate lab exam`.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from mitate.lab import Lab, LabError
from mitate.lab import change as change_module
from mitate.lab import exam as exam_module
from mitate.lab.exam import Result, exam, passed, summary
from mitate.lab.faults import LIVE, Drifted, Expected, Fault, Logged, Placed, Traced
from mitate.lab.faults._asked import Asked
from mitate.lab.look import Commands

PRINT = "import json,sys; d = json.load(open(sys.argv[1])); print(d['out']); sys.exit(d['status'])"
TRACED = Traced("vm1", "external:{vm2}", "TUN_REMOTE_WRONG", at="network")
PLACED = Placed(("big",), "placement", "VCPU", change="ratio", changed=Asked("big"))
LINE = "api_servers = http://controller:9293"
DRIFTED = Drifted("option_differs_among_equals", "[glance] api_servers", "compute1", "/etc/nova.conf", LINE)
TOUCH = "import sys; open(sys.argv[1], 'w').close()"


def cause(check: str, name: str = "thing", explains: Sequence[str] = ()) -> dict[str, Any]:
    subject = {"kind": "host", "name": name, "host": ""}
    below = [{"check": other, "subject": subject} for other in explains]
    return {"finding": {"check": check, "subject": subject}, "explains": below}


def path(verdict: str, *codes: str, host: str = "network") -> dict[str, Any]:
    """What `mitate trace` prints."""
    return {"verdict": verdict, "reasons": [{"code": code, "at": {"host": host}} for code in codes]}


def placement(verdict: str = "NO_HOST", by: str = "VCPU", **more: Any) -> dict[str, Any]:
    """What `mitate placement` prints."""
    answer: dict[str, Any] = {
        "verdict": verdict,
        "stage": None,
        "hosts": [{"host": "compute1", "rejected_by": ""}],
    }
    if verdict == "NO_HOST":
        answer.update(stage="placement", hosts=[{"host": "compute1", "rejected_by": by}])
        answer["smallest_changes"] = [{"change": "raise the ratio to 16", "commands": ["openstack raise"]}]
    return {**answer, **more}


class FakeLab:
    """Remembers what is broken. `diagnosis` says what the check command prints while a fault is in force, and
    `path` what the trace command prints then. `ran` are the commands of the smallest changes."""

    def __init__(self, directory: Path) -> None:
        self.state = SimpleNamespace(directory=directory)
        self.answer, self.traced = directory / "answer.json", directory / "traced.json"
        self.placed, self.logged = directory / "placed.json", directory / "logged.json"
        self.drifted = directory / "drifted.json"
        self.ran: list[tuple[str, ...]] = []
        self.in_force: list[str] = []
        self.mended: list[str] = []
        self.resets = 0
        self.fakes = 0
        self.lasting: dict[str, Any] | None = None
        self.diagnosis: dict[str, list[dict[str, Any]]] = {}
        self.path: dict[str, Any] = path("UNREACHABLE_FORWARD", TRACED.code)
        self.tell([])
        self.tell_path(path("REACHABLE"))
        self.tell_placement(placement("FITS"))
        self.tell_drift([])

    def host(self, name: str) -> SimpleNamespace:
        """Of its files it only knows line 29."""
        return SimpleNamespace(
            sh=lambda script, number, file, check: f"{LINE}\n" if number == "29" else "[glance]\n"
        )

    def sh(self, host: str, script: str, *, timeout: float) -> str:
        self.ran.append((host, script))
        return ""

    def tell_placement(self, told: dict[str, Any]) -> None:
        status = 0 if told.get("verdict") == "FITS" else 1
        self.placed.write_text(json.dumps({"out": json.dumps(told), "status": status}))

    def tell_logs(self, groups: Sequence[dict[str, Any]]) -> None:
        told = {"out": json.dumps({"groups": list(groups)}), "status": 1 if groups else 0}
        self.logged.write_text(json.dumps(told))

    def tell_drift(self, differences: Sequence[dict[str, Any]], status: int | None = None) -> None:
        told = {"out": json.dumps({"differences": list(differences)}), "status": int(bool(differences))}
        self.drifted.write_text(json.dumps({**told, **({} if status is None else {"status": status})}))

    def tell(self, causes: list[dict[str, Any]]) -> None:
        told = {"out": json.dumps({"causes": causes}), "status": 1 if causes else 0}
        self.answer.write_text(json.dumps(told))

    def tell_path(self, told: dict[str, Any]) -> None:
        status = 0 if told.get("verdict") == "REACHABLE" else 1
        self.traced.write_text(json.dumps({"out": json.dumps(told), "status": status}))

    def is_up(self) -> bool:
        return True

    def recipe(self) -> SimpleNamespace:
        return SimpleNamespace(driver="linuxbridge", fakes=self.fakes)

    def broken(self) -> list[str]:
        return self.in_force

    def note_broken(self, name: str, *, hidden: bool = False) -> None:
        self.in_force.append(name)

    def note_mended(self, name: str) -> None:
        self.in_force.remove(name)
        self.mended.append(name)

    def reset(self) -> None:
        self.resets += 1
        self.lasting = None
        self.in_force.clear()
        self.tell([])


class Exam:
    """An exam of made-up faults, with all that it said."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.lab = FakeLab(directory)
        self.said: list[str] = []
        self.not_built = ""
        self.faults: dict[str, Fault] = {}
        self._patch = monkeypatch
        self.add("one_bad", "two_bad", "three_bad")
        monkeypatch.setattr(exam_module, "addresses", lambda lab: {"vm2": "10.10.0.9"})
        monkeypatch.setattr(exam_module, "ids", lambda lab: {"vm1": "8fd7"})
        monkeypatch.setattr(change_module, "is_built", lambda lab, asked: self.not_built)
        monkeypatch.setattr(change_module, "_SETTLES_S", 0)
        for sent in ("wait_lost", "wait_arrives"):
            monkeypatch.setattr(sys.modules["mitate.lab.faults"], sent, lambda lab, traced: None)

    def add(self, *names: str, break_: Callable[[Lab], None] | None = None) -> None:
        for name in names:
            self.lab.diagnosis.setdefault(name, [cause(name)])

            def breaks(lab: Lab, name: str = name) -> None:
                self.lab.tell(self.lab.diagnosis[name])

            def mends(lab: Lab) -> None:
                self.lab.tell([self.lab.lasting] if self.lab.lasting else [])

            self.faults[name] = Fault(name, name, "", (Expected(name, "host"),), break_ or breaks, mends)
        for module in (exam_module, sys.modules["mitate.lab.faults"]):
            self._patch.setattr(module, "all_faults", lambda: self.faults)

    def add_traced(self, name: str, traced: Traced = TRACED, also: tuple[Expected, ...] = ()) -> None:
        """A fault whose packet is lost while it is in force."""

        def breaks(lab: Lab) -> None:
            self.lab.tell_path(self.lab.path)

        def mends(lab: Lab) -> None:
            self.lab.tell_path(path("REACHABLE"))

        self.faults[name] = Fault(name, name, "", (traced, *also), breaks, mends)

    def add_placed(self, name: str, told: dict[str, Any], placed: Placed = PLACED) -> None:
        """A fault that refuses a server while it is in force."""

        def breaks(lab: Lab) -> None:
            self.lab.tell_placement(told)

        def mends(lab: Lab) -> None:
            self.lab.tell_placement(placement("FITS"))

        self.faults[name] = Fault(name, name, "", (placed,), breaks, mends)

    def add_logged(self, name: str, logged: Logged, groups: Sequence[dict[str, Any]]) -> None:
        """A fault that leaves these groups in the logs, whether it is in force or not."""
        self.lab.tell_logs(groups)
        self.faults[name] = Fault(name, name, "", (logged,), lambda lab: None, lambda lab: None)

    def add_drifted(self, name: str, drifted: Drifted, *differences: dict[str, Any]) -> None:
        """A fault that plants these differences while it is in force."""

        def breaks(lab: Lab) -> None:
            self.lab.tell_drift(differences)

        def mends(lab: Lab) -> None:
            self.lab.tell_drift([])

        self.faults[name] = Fault(name, name, "", (drifted,), breaks, mends)

    def run(self, names: Sequence[str] = (), **options: Any) -> int:
        options = {"commands": self.commands(), "seed": 7, "quiet_s": 0, "say": self.said.append, **options}
        return exam(cast("Lab", self.lab), names, **options)

    def commands(self, **changed: Sequence[str]) -> Commands:
        """Commands that print what the fake lab wrote."""
        check = (sys.executable, "-c", PRINT, str(self.lab.answer))
        trace = (sys.executable, "-c", PRINT, str(self.lab.traced))
        place = (sys.executable, "-c", PRINT, str(self.lab.placed))
        logs = (sys.executable, "-c", PRINT, str(self.lab.logged))
        drift = (sys.executable, "-c", PRINT, str(self.lab.drifted))
        known = {"check": check, "trace": trace, "placement": place, "logs": logs, "drift": drift}
        return Commands(dict(os.environ), **{**known, **changed})

    def order(self) -> list[str]:
        return [line.split()[0] for line in self.said if line.split()[0] in self.faults]


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


def test_a_lost_packet_is_traced(made: Exam) -> None:
    made.add_traced("wrong_way")
    assert made.run(["wrong_way"]) == 0
    assert made.said[-2].split()[:4] == ["wrong_way", "yes", "yes", "yes"]
    assert made.said[-2].endswith("TUN_REMOTE_WRONG: network")


@pytest.mark.parametrize(
    ("told", "answers"),
    [
        (path("UNREACHABLE_FORWARD", "RTR_NO_ROUTE", "TUN_REMOTE_WRONG"), ["yes", "NO", "yes"]),
        (path("UNREACHABLE_FORWARD", "TUN_REMOTE_WRONG", host="compute1"), ["NO", "NO", "yes"]),
        (path("REACHABLE"), ["NO", "NO", "yes"]),
        ({"reasons": None}, ["NO", "NO", "yes"]),
    ],
)
def test_a_trace_that_says_something_else(made: Exam, told: dict[str, Any], answers: list[str]) -> None:
    made.lab.path = told
    made.add_traced("wrong_way")
    assert made.run(["wrong_way"]) == 1
    assert made.said[-2].split()[1:4] == answers


def test_a_packet_that_stays_lost_after_mending(made: Exam) -> None:
    """Unless nobody sends it any more: then only the check has to be quiet."""
    stays = path("UNREACHABLE_RETURN", "EP_SRC_ONLINK_OVERLAP")
    made.lab.tell_path(stays)
    for cured, quiet in ((True, "NO"), (False, "yes")):
        made.add_traced("wrong_way", Traced("vm1", "vm2", "EP_SRC_ONLINK_OVERLAP", cured=cured))
        fault = made.faults["wrong_way"]
        made.faults["wrong_way"] = replace(fault, mend=lambda lab: None, break_=lambda lab: None)
        made.run(["wrong_way"])
        assert made.said[-2].split()[1:4] == ["yes", "yes", quiet]
    assert "not quiet: exit status 1; EP_SRC_ONLINK_OVERLAP: network" in made.said


def test_a_fault_that_check_and_trace_must_name(made: Exam) -> None:
    made.add_traced("both_ways", also=(Expected("not_found", "host"),))
    assert made.run(["both_ways"]) == 1
    assert made.said[-2].split()[1:4] == ["NO", "NO", "yes"]
    assert made.said[-2].endswith("exit status 0"), "of the one that was wrong"


def test_a_refused_server_is_explained_and_the_smallest_change_tried(made: Exam) -> None:
    made.add_placed("too_big", placement())
    assert made.run(["too_big"]) == 0
    assert made.said[-2].split()[:5] == ["too_big", "yes", "yes", "yes", "yes"]
    assert made.said[-2].endswith("NO_HOST at placement: VCPU on compute1")
    assert made.said[-1].endswith("s to diagnose; 1 of 1 smallest changes gave a host")
    assert made.lab.ran == [("operator", ". /root/openrc && openstack raise")]


@pytest.mark.parametrize(
    ("told", "answers"),
    [
        (placement(by="MEMORY_MB"), ["yes", "NO", "yes", "yes"]),
        (placement(stage="filters"), ["NO", "NO", "yes", "yes"]),
        (placement(smallest_changes=[]), ["yes", "yes", "NO", "yes"]),
        (placement(smallest_changes=[{"change": "free room", "commands": []}]), ["yes", "yes", "NO", "yes"]),
        (
            placement(smallest_changes=[{"change": "ratio", "commands": ["rm -r /"]}]),
            ["yes", "yes", "NO", "yes"],
        ),
        (placement("FITS"), ["NO", "NO", "NO", "yes"]),
        ({"verdict": "NO_HOST"}, ["NO", "NO", "NO", "yes"]),
    ],
)
def test_an_explanation_that_says_something_else(
    made: Exam, told: dict[str, Any], answers: list[str]
) -> None:
    made.add_placed("too_big", told)
    assert made.run(["too_big"]) == 1
    assert made.said[-2].split()[1:5] == answers


def test_a_change_after_which_the_server_is_not_built(made: Exam) -> None:
    made.not_built = "server big is ERROR: No valid host was found."
    made.add_placed("too_big", placement())
    assert made.run(["too_big"]) == 1
    assert made.said[-2].split()[1:5] == ["yes", "yes", "NO", "yes"]
    assert "too_big: the smallest change: server big is ERROR: No valid host was found." in made.said


def test_a_server_that_nothing_to_try_would_help(made: Exam) -> None:
    made.add_placed("too_big", placement(), replace(PLACED, changed=None))
    assert made.run(["too_big"]) == 0
    assert made.said[-2].split()[1:4] == ["yes", "yes", "yes"] and made.lab.ran == []


def test_a_request_that_is_still_refused_after_mending(made: Exam) -> None:
    made.add_placed("too_big", placement())
    made.faults["too_big"] = replace(made.faults["too_big"], mend=lambda lab: None)
    assert made.run(["too_big"]) == 1
    assert "not quiet: exit status 1; NO_HOST at placement: VCPU on compute1" in made.said


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


def group(**fields: Any) -> dict[str, Any]:
    said = {"template": "Exception dispatching event", "service": "nova-compute", "host": "compute1"}
    return {**said, "project": "nova", "origin": {"file": "nova/virt/driver.py"}, **fields}


@pytest.mark.parametrize(
    ("groups", "detected", "first"),
    [
        ([group()], "yes", "yes"),
        ([group(project="neutron", origin=None), group()], "yes", "NO"),
        ([group(host="compute2")], "NO", "NO"),
        ([], "NO", "NO"),
    ],
)
def test_what_the_logs_say(made: Exam, groups: list[dict[str, Any]], detected: str, first: str) -> None:
    made.add_logged("logged_bad", Logged("nova", file="nova/virt/driver.py", host="compute1"), groups)
    assert made.run(["logged_bad"]) == (0 if first == "yes" else 1)
    (row,) = (line for line in made.said if line.startswith("logged_bad "))
    assert row.split()[1:3] == [detected, first]


def test_logs_are_read_from_when_the_fault_was_begun(made: Exam, tmp_path: Path) -> None:
    made.add_logged("logged_bad", Logged("nova"), [group()])
    kept = tmp_path / "words"
    note = "import sys; open(sys.argv[1], 'w').write(' '.join(sys.argv[2:])); print('{\"groups\": []}')"
    made.run(["logged_bad"], commands=made.commands(logs=(sys.executable, "-c", note, str(kept))))
    assert re.fullmatch(r"--since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", kept.read_text("ascii"))


def difference(**fields: Any) -> dict[str, Any]:
    """As `mitate drift` tells what DRIFTED plants."""
    about = {"kind": "config", "name": "[glance] of nova.conf", "host": "compute1"}
    said = {"check": DRIFTED.check, "subject": about, "what": DRIFTED.what, "hosts": ["compute1"]}
    return {**said, "file": DRIFTED.file, "line": 29, **fields}


OTHER = difference(check="package_differs_among_equals", what="nova", file=None, line=None)


@pytest.mark.parametrize(
    ("told", "answers"),
    [
        ([difference()], ["yes", "yes", "yes"]),
        ([OTHER, difference()], ["yes", "NO", "yes"]),
        ([difference(line=28)], ["NO", "NO", "yes"]),
        ([difference(line=None)], ["NO", "NO", "yes"]),
        ([difference(file="/etc/glance.conf")], ["NO", "NO", "yes"]),
        ([difference(hosts=["compute1", "compute2"])], ["NO", "NO", "yes"]),
        ([difference(what="[glance] num_retries")], ["NO", "NO", "yes"]),
        ([], ["NO", "NO", "yes"]),
    ],
)
def test_a_planted_difference_is_found_with_its_line(
    made: Exam, told: list[dict[str, Any]], answers: list[str]
) -> None:
    """What stands in that line of the host is looked at."""
    made.add_drifted("drifted_bad", DRIFTED, *told)
    assert made.run(["drifted_bad"]) == (0 if "NO" not in answers else 1)
    assert made.said[-2].split()[1:4] == answers


def test_a_package_stands_in_no_line(made: Exam) -> None:
    made.add_drifted("drifted_bad", Drifted(OTHER["check"], "nova", "compute1"), OTHER)
    assert made.run(["drifted_bad"]) == 0


def test_what_differs_after_mending_is_told(made: Exam) -> None:
    """Also what would alarm nobody: on a healthy cloud nothing differs."""
    made.add_drifted("drifted_bad", DRIFTED, difference())
    left = replace(made.faults["drifted_bad"], mend=lambda lab: made.lab.tell_drift([OTHER], status=0))
    made.faults["drifted_bad"] = left
    assert made.run(["drifted_bad"]) == 1
    assert "not quiet: exit status 0; package_differs_among_equals: [glance] of nova.conf" in made.said


def test_a_cloud_whose_hosts_differ_is_not_examined(made: Exam) -> None:
    """Unless no fault is to be found by it."""
    made.lab.tell_drift([OTHER])
    assert made.run(["one_bad"]) == 0
    made.add_drifted("drifted_bad", DRIFTED, difference())
    with pytest.raises(LabError, match="not healthy before anything was broken"):
        made.run(["drifted_bad"])


@pytest.mark.parametrize("records", [True, False])
def test_what_no_equal_tells_is_told_beside_a_recording_of_the_healthy_cloud(
    made: Exam, tmp_path: Path, records: bool
) -> None:
    made.add_drifted("drifted_bad", replace(DRIFTED, beside_healthy=True), difference())
    words = tmp_path / "words"
    note = f"open({str(words)!r}, 'a').write(' '.join(sys.argv[2:]) + '\\n'); {PRINT.partition('; ')[2]}"
    commands = made.commands(
        drift=(sys.executable, "-c", f"import json, sys; {note}", str(made.lab.drifted)),
        record=(sys.executable, "-c", TOUCH),
    )
    kept = tmp_path / "kept"
    assert made.run(["drifted_bad"], commands=commands, record_to=kept if records else None) == 0
    before, during, after = words.read_text().splitlines()
    assert before == ""
    assert during == after
    assert during.endswith("/healthy.tar.gz")
    assert Path(during).exists() is records, "made for the time of the exam only, where none was asked for"
    assert kept.exists() is records
