"""What the exam holds the answers of each command against."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mitate.lab import LabError
from mitate.lab.faults import Drifted, Expected, Logged, Traced
from tests.lab.exam_bench import DRIFTED, PLACED, PRINT, TOUCH, Exam, path, placement


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Exam:
    return Exam(tmp_path, monkeypatch)


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
