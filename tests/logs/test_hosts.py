"""Errors out of the logs of hosts, of recordings and of sosreports; and what could not be looked at.

A host is a directory on which the very questions are asked with real tools; nothing is sent anywhere.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mitate import reading_hosts
from mitate.app import Eyes, Truth
from mitate.cli.main import main
from mitate.collect.question import Answer, HostQuestion, Question
from mitate.collect.sources._shell import ROOT
from mitate.model.diagnosis import State
from mitate.model.errors import CannotSee
from mitate.model.log_answer import Answer as Told
from mitate.model.log_answer import Surge
from mitate.reading import Window
from mitate.reading_hosts import errors_of
from mitate.report.logs.words import headline, read, state, status
from tests.logs.cloud import T0, Logs, healthy, request, server

NOW = datetime.fromtimestamp(T0 + 7200, UTC)
RECORDINGS = Path(__file__).parents[1] / "recordings"


class Directory:
    """A host whose root is a directory; None: one that does not answer."""

    def __init__(self, name: str, root: Path | None) -> None:
        self.name, self._root = name, root

    async def ask(self, questions: Sequence[Question]) -> Mapping[str, Answer | CannotSee]:
        return {each.called: self._answer(each) for each in questions}

    def _answer(self, asked: Question) -> Answer | CannotSee:
        assert isinstance(asked, HostQuestion)
        if self._root is None:
            return CannotSee("no answer within 30 s", "timeout")
        done = subprocess.run(
            ["sh", "-c", asked.sent.replace(ROOT, f"root={self._root}\n", 1)],
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        if done.returncode:
            return CannotSee(done.stderr.strip() or f"exit status {done.returncode}", "refused")
        text = done.stdout.replace(str(self._root), "")
        return Answer(asked.called, self.name, asked.asked, NOW, text)


def cloud(monkeypatch: pytest.MonkeyPatch, *hosts: Directory) -> None:
    eyes = Eyes("imitation", NOW, None, hosts)
    monkeypatch.setattr(reading_hosts, "open_eyes", lambda truth: eyes)


def host(root: Path, logs: Logs, service: str = "nova-compute") -> Path:
    log = root / f"var/log/nova/{service}.log"
    log.parent.mkdir(parents=True)
    log.write_text("\n".join(sorted(logs.lines(service))) + "\n")
    os.utime(log, (NOW.timestamp(), NOW.timestamp()))
    (root / "etc").mkdir()
    (root / "etc/hosts").write_text("127.0.0.1 localhost\n")
    (root / "proc").mkdir()
    return root


def tool(where: Path, monkeypatch: pytest.MonkeyPatch, name: str, does: str) -> None:
    """A program of the host's, in place of its own."""
    place = where / "bin" / name
    place.parent.mkdir()
    place.write_text(f"#!/bin/sh\n{does}\n")
    place.chmod(0o755)
    monkeypatch.setenv("PATH", f"{place.parent}:{os.environ['PATH']}")


def hour() -> Logs:
    logs = healthy()
    for at in (600, 5000):
        logs.line("nova-compute", at, "ERROR", "nova.virt", "The usual one", request(at), server(at))
    logs.line("nova-compute", 5000, "INFO", "nova.virt", "Just before", request(5001), server(5001))
    logs.line("nova-compute", 5001, "ERROR", "nova.virt", "The new one", request(5001), server(5001))
    logs.line("nova-compute", 5002, "INFO", "nova.virt", "Just after", request(5001), server(5001))
    return logs


def ask(since: float | None = 3600) -> Told:
    return asyncio.run(errors_of(Truth(), window=Window(None if since is None else T0 + since)))


def test_a_host_tells_what_is_new_and_what_stands_around_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud(monkeypatch, Directory("compute1", host(tmp_path / "compute1", hour())))
    told = ask()
    new, usual = told.groups[:2]
    assert (new.template, new.surge, new.earlier) == ("The new one", Surge.NEW, 0)
    assert (usual.template, usual.surge, usual.earlier) == ("The usual one", None, 1)
    assert [line.rpartition("nova.virt ")[2] for line in new.context[-1:]] == ["Just before"]
    assert [line.rpartition("nova.virt ")[2] for line in new.context_after[:1]] == ["Just after"]
    assert told.earlier is not None and told.read.sent and state(told) is State.PROBLEM


def test_a_host_that_does_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What failed elsewhere is told; where nothing did, it cannot be said."""
    silent = Directory("compute2", None)
    cloud(monkeypatch, Directory("compute1", host(tmp_path / "bad", hour())), silent)
    told = ask()
    assert status(told) == 1
    assert "compute2 log errors: no answer within 30 s" in read(told)
    cloud(monkeypatch, Directory("compute1", host(tmp_path / "good", healthy())), silent)
    told = ask()
    assert status(told) == 3
    assert "compute2" in read(told)
    cloud(monkeypatch, silent)
    told = ask()
    assert (status(told), told.groups) == (3, ())
    assert "cannot be said" in headline(told)


def test_a_host_without_a_tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its shell finds no awk: it could not look, and that is no health."""
    tool(tmp_path, monkeypatch, "awk", "echo 'awk: not found' >&2; exit 127")
    cloud(monkeypatch, Directory("compute1", host(tmp_path / "c", healthy())))
    told = ask()
    assert status(told) == 3
    assert "awk" in read(told)


def test_no_log_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool(tmp_path, monkeypatch, "journalctl", "exit 0")
    cloud(monkeypatch, Directory("compute1", host(tmp_path / "c", healthy())))
    (tmp_path / "c/var/log/nova/nova-compute.log").unlink()
    told = asyncio.run(errors_of(Truth(), window=Window(T0 - 9e6, T0 - 8e6)))
    assert status(told) == 3
    assert "no log of a service" in read(told)


# -- files --------------------------------------------------------------------------------------------------


@contextmanager
def unprivileged(*paths: Path) -> Iterator[None]:
    """As somebody who may not read these."""
    for path in paths:
        path.chmod(0)
    if os.geteuid() == 0:
        for parent in (*paths[0].parents,)[:-1]:
            if parent.owner() == "root" and parent != Path("/tmp"):
                parent.chmod(0o755)
        os.seteuid(65534)
    try:
        yield
    finally:
        if os.getuid() == 0:
            os.seteuid(0)


def errors(*words: str | Path) -> int:
    return main(["logs", "errors", *map(str, words)])


@pytest.mark.parametrize("large", [False, True])
def test_a_log_that_may_not_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], large: bool
) -> None:
    logs = healthy().write(tmp_path / "logs")
    if large:
        monkeypatch.setattr("mitate.reading.WHOLE", 0)
    errors("--logs", logs)  # what is imported on the way may not be readable then
    capsys.readouterr()
    with unprivileged(logs / "compute1/var/log/nova/nova-compute.log"):
        assert errors("--logs", logs) == 3
    said = " ".join(capsys.readouterr().out.split())
    assert "could not be read: compute1/var/log/nova/nova-compute.log: Permission denied" in said


@pytest.mark.parametrize("large", [False, True])
def test_a_truncated_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], large: bool
) -> None:
    """Its beginning is read, and it is said that its end is not."""
    logs = healthy(40).write(tmp_path / "logs")
    log = logs / "compute1/var/log/nova/nova-compute.log"
    log.with_name("nova-compute.log.1.gz").write_bytes(gzip.compress(log.read_bytes())[:-300])
    if large:
        monkeypatch.setattr("mitate.reading.WHOLE", 0)
    assert errors("--logs", logs) == 3
    assert "damaged or cut off" in " ".join(capsys.readouterr().out.split())
    assert errors("--logs", logs, "--format", "json") == 3
    (lacking,) = json.loads(capsys.readouterr().out)["read"]["unreadable"]
    assert lacking["name"] == "compute1/var/log/nova/nova-compute.log.1.gz"


def test_a_tool_that_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    logs = healthy().write(tmp_path / "logs")
    log = logs / "compute1/var/log/nova/nova-compute.log.1.zst"
    log.write_bytes(b"\x28\xb5\x2f\xfd and so on")
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert errors("--logs", logs) == 3
    assert "zstd is needed to read it, and is not installed here" in " ".join(capsys.readouterr().out.split())


# -- recordings and sosreports ------------------------------------------------------------------------------


def test_of_a_recording(capsys: pytest.CaptureFixture[str]) -> None:
    """The last warnings and errors of each log, with those of the same log around each example."""
    assert errors("--bundle", RECORDINGS / "image_data_corrupt.tar.gz", "--format", "json") == 1
    told = json.loads(capsys.readouterr().out)
    assert told["read"]["partly"].startswith("a recording has")
    group = next(group for group in told["groups"] if group["outcome"] == "failed" and group["log"])
    assert group["hosts"] and group["service"]
    assert any(group["context"] or group["context_after"] for group in told["groups"])
    assert errors("--bundle", RECORDINGS / "healthy.tar.gz") in (0, 3)


def test_of_a_sosreport(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its logs are read like any others, traceback and all; its host is that of its name."""
    logs = Logs()
    logs.line("nova-compute", 9, "ERROR", "nova.compute.manager", "Build failed", request(9), server(9))
    frames = ("nova/virt/driver.py", "spawn")
    logs.trace("nova-compute", 9, "nova.compute.manager", frames, error="KeyError: 1")
    root = tmp_path / "sosreport-web1-2026-11-22-abcdefg"
    (root / "sos_commands/date").mkdir(parents=True)
    (root / "sos_commands/date/date").write_text("Sun Nov 22 15:30:00 UTC 2026\n")
    (root / "sos_commands/host").mkdir()
    (root / "sos_commands/host/hostname").write_text("web1\n")
    (root / "version.txt").write_text("sosreport: 4.5\n")
    log = root / "var/log/nova/nova-compute.log"
    log.parent.mkdir(parents=True)
    log.write_text("\n".join(logs.lines("nova-compute")) + "\n")
    assert errors("--sosreport", root, "--format", "json") == 1
    told = json.loads(capsys.readouterr().out)
    first = told["groups"][0]
    assert (first["template"], first["service"]) == ("Build failed", "nova-compute")
    assert first["origin"]["file"] == "nova/virt/driver.py"
    assert first["hosts"] == ["web1"]


# -- against a healthy time ---------------------------------------------------------------------------------


def test_a_recording_as_the_baseline_of_a_recording(capsys: pytest.CaptureFixture[str]) -> None:
    """What it has as well is usual; what nobody asked for is not missing."""
    broken = RECORDINGS / "image_data_corrupt.tar.gz"
    assert errors("--bundle", broken, "--baseline", broken, "--format", "json") in (0, 3)
    told = json.loads(capsys.readouterr().out)
    assert {group["outcome"] for group in told["groups"] if group["kind"] == "error"} == {"usual"}
    assert not (told["missing"] or told["silent"])
    assert errors("--bundle", broken, "--baseline", RECORDINGS / "healthy.tar.gz", "--format", "json") == 1
    told = json.loads(capsys.readouterr().out)
    assert any(group["new"] for group in told["groups"] if group["outcome"] == "failed")


def test_logs_of_a_healthy_time_as_the_baseline_of_hosts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hosts send trouble only: nothing is said to be missing, slower or silent."""
    cloud(monkeypatch, Directory("compute1", host(tmp_path / "compute1", hour())))
    healthy_time = healthy()
    healthy_time.line("nova-compute", 30, "ERROR", "nova.virt", "The usual one", request(7), server(7))
    known = [healthy_time.write(tmp_path / "before")]
    told = asyncio.run(errors_of(Truth(), known, Window(T0 + 3600)))
    outcomes = {group.template: (group.before, group.outcome.value) for group in told.groups}
    assert outcomes["The usual one"] == (1, "usual")
    assert outcomes["The new one"] == (0, "failed")
    assert not (told.missing or told.slower or told.silent)


def test_a_recording_is_no_baseline_for_logs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    logs = healthy().write(tmp_path / "logs")
    assert errors("--logs", logs, "--baseline", RECORDINGS / "healthy.tar.gz") == 2
    assert "is a recording" in capsys.readouterr().err
