"""What is missing is said in one sentence that also says how to get it."""

from __future__ import annotations

import os
import shutil
import sys
import time

import pytest

from mitate.lab import LabError, machine
from mitate.lab.shell import follow, run


def test_without_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(LabError, match="needs root"):
        machine.require_root()


def test_missing_tools_are_one_apt_get_command(monkeypatch: pytest.MonkeyPatch) -> None:
    absent = {"debootstrap", "ethtool", "nsenter", "unshare"}
    monkeypatch.setattr(shutil, "which", lambda tool: None if tool in absent else f"/usr/bin/{tool}")
    with pytest.raises(LabError, match=r"`apt-get install debootstrap ethtool util-linux`"):
        machine.require_tools()


@pytest.mark.parametrize(
    ("known", "archive", "security"),
    [
        (
            [("http://a/debian/", "bookworm"), ("http://a/sec/", "bookworm-security")],
            "http://a/debian/",
            "http://a/sec/",
        ),
        ([("http://a/debian/", "trixie-updates"), ("http://a/debian/", "trixie")], "http://a/debian/", None),
    ],
)
def test_the_mirror_is_the_machines_own(
    monkeypatch: pytest.MonkeyPatch, known: list[tuple[str, str]], archive: str, security: str | None
) -> None:
    monkeypatch.setattr(machine, "_index_targets", lambda: known)
    assert machine.mirrors("bookworm") == (archive, security)


def test_a_machine_that_knows_no_debian_archive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_index_targets", lambda: [])
    monkeypatch.setattr(machine, "run", lambda *_args, **_kwargs: "")
    with pytest.raises(LabError, match="knows no Debian archive"):
        machine.mirrors("bookworm")


def test_a_program_that_hangs_is_ended_with_its_children() -> None:
    began = time.monotonic()
    with pytest.raises(LabError, match=r"did not end within 0\.3 s"):
        run(["sh", "-c", "sleep 30 & sleep 30"], timeout=0.3)
    assert time.monotonic() - began < 5


def test_a_failure_brings_its_last_words() -> None:
    with pytest.raises(LabError, match=r"status 3\.\nthe reason$"):
        run(["sh", "-c", "echo the reason >&2; exit 3"])


def test_a_program_that_does_not_exist() -> None:
    with pytest.raises(LabError, match="cannot be started: No such file"):
        run(["no-such-program-here"])


def test_lines_are_passed_on_as_they_come() -> None:
    lines: list[str] = []
    follow([sys.executable, "-c", "print('a'); print('b')"], on_line=lines.append, timeout=30, what="python")
    assert lines == ["a", "b"]


def test_too_few_inotify_instances_are_told_with_their_remedy() -> None:
    """A host's daemons wait for files: without instances they fail one by one, and none says why."""
    machine.require_watches(0)
    with pytest.raises(LabError, match=r"sysctl -w fs\.inotify\.max_user_instances=\d+"):
        machine.require_watches(10**9)
