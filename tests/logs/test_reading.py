"""Large logs are searched, not read; hostile ones harm nobody; the command's words and exit status."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

from mitate import reading
from mitate.cli.main import main
from mitate.collect.logs.find import logs_at
from mitate.collect.logs.prefilter import Search
from mitate.model.log_answer import Answer, Kind
from mitate.reading import errors_in
from tests.logs.cloud import Logs, healthy, request, server

MEASURE = """\
import os, subprocess, sys
process = subprocess.Popen(sys.argv[1:])
_, status, used = os.wait4(process.pid, 0)
print(used.ru_maxrss, file=sys.stderr)
os._exit(os.waitstatus_to_exitcode(status))
"""
"""From a small process: the kernel counts what the one that starts another takes as taken by that as well."""
HOSTILE = "</pre><script>alert(1)</script>\x1b]0;owned\x07\x1b[2J\u202e"


def summary(answer: Answer) -> list[tuple[object, ...]]:
    return [
        (group.template, group.service, group.count, group.first, group.last, group.origin, group.example)
        for group in answer.groups
        if group.kind is Kind.ERROR
    ]


def failing(times: int = 40) -> Logs:
    logs = healthy()
    for number in range(times):
        at = 200 + number
        words = f"Instance failed to spawn {HOSTILE}"
        logs.line("nova-compute", at, "ERROR", "nova.compute.manager", words, request(number), server(number))
        logs.trace(
            "nova-compute", at, "nova.compute.manager", ("nova/virt/driver.py", "spawn"), error="KeyError: 1"
        )
    return logs


@pytest.mark.parametrize("tools", ["rg", "grep", "none"])
def test_large_is_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tools: str) -> None:
    """The same failure with the same count, whoever looks for it, though not every line is read."""
    whole = errors_in([failing().write(tmp_path / "logs")])
    monkeypatch.setattr(reading, "WHOLE", 0)
    known = {"rg": ("rg", "grep"), "grep": ("grep",), "none": ()}[tools]
    monkeypatch.setattr("shutil.which", lambda name: name if name in known else None)
    answer = errors_in([tmp_path / "logs"])
    first, expected = answer.groups[0], whole.groups[0]
    assert (first.count, first.template, first.origin) == (40, expected.template, expected.origin)
    assert (first.first, first.last) == (expected.first, expected.last)
    assert answer.read.partly


def test_packed_is_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    logs = failing().write(tmp_path / "logs")
    file = logs / "compute1/var/log/nova/nova-compute.log"
    (file.parent / "nova-compute.log.1.gz").write_bytes(gzip.compress(file.read_bytes()))
    file.unlink()
    with logs_at([logs]) as found:
        hits = {hits.file.name: hits.kinds for hits in Search(found.files).found()}
    assert sum(kind.count for kind in hits["compute1/var/log/nova/nova-compute.log.1.gz"]) == 40 * 5
    whole = errors_in([logs])
    monkeypatch.setattr(reading, "WHOLE", 0)
    assert summary(errors_in([logs])) == summary(whole)


def test_many_at_once_are_counted_as_one_by_one(tmp_path: Path) -> None:
    """Of one log or of several, whose hits come mixed; a time that all are within makes it look at each."""
    for hosts in (1, 3):
        for host in range(hosts):
            failing(30 + host).write(tmp_path / f"{hosts}/host{host}")
        with logs_at([tmp_path / str(hosts)]) as found:
            at_once, each = (
                sorted(
                    (hits.file.name, kind.count, kind.samples)
                    for hits in Search(found.files, since=since).found()
                    for kind in hits.kinds
                )
                for since in (None, 1.0)
            )
        assert at_once == each
        assert sum(count for _, count, _ in each) >= 30 * 5 * hosts


@pytest.mark.parametrize("kind", ["text", "json", "html"])
def test_hostile_words_are_tame(tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str) -> None:
    logs = failing().write(tmp_path / "logs")
    assert main(["logs", "errors", "--logs", str(logs), "--format", kind]) == 1
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert "\u202e" not in said or kind == "json"
    assert "<script" not in said or kind != "html"
    if kind == "json":
        group = json.loads(said)["groups"][0]
        assert (group["rank"], group["count"], group["echo_of"]) == (1, 40, None)
        assert group["origin"] == {"file": "nova/virt/driver.py", "function": "spawn", "line": 7}


def test_exit_status(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = healthy().write(tmp_path / "good")
    bad = failing().write(tmp_path / "bad")
    assert main(["logs", "errors", "--logs", str(good)]) == 0
    assert "Nothing failed" in capsys.readouterr().out
    assert main(["logs", "errors", "--logs", str(bad), "--until", "2026-11-22T15:34"]) == 0
    for wrong in (
        ["--logs", str(tmp_path / "nowhere")],
        ["--logs", str(good), "--since", "yesterday"],
        ["--logs", str(good), "--since", "2026-11-23", "--until", "2026-11-22"],
        ["--logs", str(good), "--baseline", str(tmp_path / "nowhere")],
    ):
        assert main(["logs", "errors", *wrong]) == 2
        assert capsys.readouterr().err.count("\n") == 1


def test_code_near_what_failed(tmp_path: Path) -> None:
    """Who called it stands beside it."""
    logs = healthy()
    frames = ("nova/compute/manager.py", "build"), ("nova/virt/driver.py", "spawn")
    logs.line("nova-compute", 200, "ERROR", "nova.compute.manager", "Build failed", request(9), server(9))
    logs.trace("nova-compute", 200, "nova.compute.manager", *frames, error="KeyError: 1")
    first, second = errors_in([logs.write(tmp_path / "logs")]).groups[:2]
    assert (second.kind, second.echo_of, second.origin and second.origin.file) == (
        Kind.CLUE,
        first.rank,
        "nova/compute/manager.py",
    )


@pytest.mark.slow
def test_memory_does_not_grow(tmp_path: Path) -> None:
    """Ten gigabytes, most of them a hole; and a line of a hundred megabytes."""
    file = tmp_path / "nova-compute.log"
    lines = (failing().write(tmp_path / "logs") / "compute1/var/log/nova/nova-compute.log").read_bytes()
    with file.open("wb") as out:
        out.write(lines)
        out.write(b"ERROR " * 17_000_000 + b"\n")
        out.seek(10 << 30)
        out.write(b"\n" + lines)
    asked = [sys.executable, "-m", "mitate", "logs", "errors", "--format", "json", "--logs", str(file)]
    done = subprocess.run([sys.executable, "-c", MEASURE, *asked], capture_output=True, check=False)
    assert json.loads(done.stdout)["groups"][0]["count"] == 80
    assert done.returncode == 1
    assert int(done.stderr) < 300_000
