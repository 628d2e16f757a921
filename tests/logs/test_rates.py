"""Rates against the time before, what is new since then, and what stands around an example."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mitate import reading
from mitate.cli.main import main
from mitate.model.log_answer import Answer, Group, Surge
from mitate.reading import Window, errors_in
from tests.logs.cloud import T0, Logs, healthy, request, server

SINCE = 3600.0
"""Seconds after the logs begin, in the middle of them."""


def error(logs: Logs, at: float, words: str) -> None:
    logs.line("nova-compute", at, "ERROR", "nova.compute.manager", words, request(int(at)), server(int(at)))


def hours() -> Logs:
    """Two hours: in each a usual error, in the second also a new one, and one that is ten times as often."""
    logs = healthy()
    errors = [(at + 300.0, "The usual complaint") for at in range(0, 7200, 600)]
    errors += [(1800, "It comes and goes"), (SINCE + 1800, "Never seen before")]
    errors += [(SINCE + 100 + number, "It comes and goes") for number in range(12)]
    for at, words in sorted(errors):
        error(logs, at, words)
    for service in ("nova-compute", "nova-api"):
        logs.line(service, 7200, "INFO", "nova.compute.manager", "Still here")
    return logs


def asked(path: Path, monkeypatch: pytest.MonkeyPatch, mode: str, since: float = SINCE) -> Answer:
    if mode == "hits":
        monkeypatch.setattr(reading, "WHOLE", 0)
    return errors_in([path], window=Window(T0 + since))


def by_words(answer: Answer) -> dict[str, Group]:
    return {group.template: group for group in answer.groups}


@pytest.mark.parametrize("mode", ["whole", "hits"])
def test_new_and_more_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str) -> None:
    answer = asked(hours().write(tmp_path), monkeypatch, mode)
    groups = by_words(answer)
    new, more = groups["Never seen before"], groups["It comes and goes"]
    usual = groups["The usual complaint"]
    assert (new.surge, new.earlier, new.rate_before) == (Surge.NEW, 0, 0)
    assert (more.surge, more.earlier, more.count) == (Surge.MORE, 1, 12)
    assert (usual.surge, usual.earlier, usual.count) == (None, 6, 6)
    assert usual.rate == pytest.approx(6, rel=0.01)
    assert usual.rate_before == pytest.approx(6, rel=0.01)
    assert usual.rank > max(new.rank, more.rank)
    assert answer.earlier == pytest.approx(T0, abs=1)


@pytest.mark.parametrize("mode", ["whole", "hits"])
def test_what_was_not_to_be_seen_is_not_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    """The compute's log begins after the time, the API's before it."""
    logs = healthy()
    logs.line("nova-api", 0, "INFO", "nova.api", "Here I am")
    path = logs.write(tmp_path)
    late = Logs()
    error(late, SINCE + 60, "Who knows since when")
    (path / "compute1/var/log/nova/nova-compute.log").write_text("\n".join(late.lines("nova-compute")) + "\n")
    answer = asked(path, monkeypatch, mode)
    (group,) = answer.groups
    assert (group.earlier, group.rate_before, group.surge) == (None, None, None)
    assert group.rate is not None
    assert answer.earlier is not None


def test_nothing_from_before(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    since = datetime.fromtimestamp(T0 - 60, UTC).isoformat()
    path = hours().write(tmp_path)
    assert main(["logs", "errors", "--logs", str(path), "--since", since]) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "nothing from before" in said and "not to be seen before" in said
    assert main(["logs", "errors", "--logs", str(path), "--format", "json", "--since", since]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["earlier"] is None and {each["surge"] for each in told["groups"]} == {None}


def test_a_rotated_log_is_the_same_log(tmp_path: Path) -> None:
    """Its older part, packed, tells of the time before."""
    path = hours().write(tmp_path)
    log = path / "compute1/var/log/nova/nova-compute.log"
    lines = log.read_text().splitlines(keepends=True)
    stamp = datetime.fromtimestamp(T0 + SINCE, UTC).strftime("%Y-%m-%d %H:%M:%S")
    old = [line for line in lines if line[:19] < stamp]
    log.with_name("nova-compute.log.1.gz").write_bytes(gzip.compress("".join(old).encode()))
    log.write_text("".join(lines[len(old) :]))
    groups = by_words(errors_in([path], window=Window(T0 + SINCE)))
    assert groups["Never seen before"].surge is Surge.NEW
    assert groups["The usual complaint"].earlier == 6


@pytest.mark.parametrize("kind", ["text", "html", "json"])
def test_every_format_tells_it(tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str) -> None:
    path = hours().write(tmp_path)
    since = datetime.fromtimestamp(T0 + SINCE, UTC).isoformat()
    assert main(["logs", "errors", "--logs", str(path), "--since", since, "--format", kind]) == 1
    said = capsys.readouterr().out
    if kind == "json":
        told = {group["template"]: group for group in json.loads(said)["groups"]}
        group = told["It comes and goes"]
        assert (group["surge"], group["earlier"], round(group["per_hour"])) == ("more", 1, 12)
        assert group["context"] and group["context_after"]
    else:
        said = " ".join(said.split())
        assert "12 an hour, before 1.0 an hour (12 times)" in said
        assert "none before" in said
        assert "rates before are of the 59 min before" in said
        assert "The usual complaint" in said


@pytest.mark.parametrize("mode", ["whole", "hits"])
@pytest.mark.parametrize("packed", [False, True])
def test_what_stands_around_an_example(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str, packed: bool
) -> None:
    """Of the same process, five lines at most on either side, and no line of a traceback."""
    logs = healthy()
    for at in range(20):
        logs.line("nova-compute", 200 + at, "INFO", "nova.virt", f"Step {at}")
        logs.line("nova-compute", 200 + at, "INFO", "nova.virt", "Somebody else", process=96)
        if at == 10:
            error(logs, 200 + at, "Instance failed to spawn")
            frames = ("nova/virt/driver.py", "spawn")
            logs.trace("nova-compute", 200 + at, "nova.compute.manager", frames, error="KeyError: 1")
    path = logs.write(tmp_path)
    if packed:
        log = path / "compute1/var/log/nova/nova-compute.log"
        log.with_name("nova-compute.log.1.gz").write_bytes(gzip.compress(log.read_bytes()))
        log.unlink()
    if mode == "hits":
        monkeypatch.setattr(reading, "WHOLE", 0)
    first = errors_in([path]).groups[0]
    assert first.example[0] == "Instance failed to spawn"
    assert [line.rpartition("nova.virt ")[2] for line in first.context] == [
        f"Step {at}" for at in range(6, 11)
    ]
    assert [line.rpartition("nova.virt ")[2] for line in first.context_after] == [
        f"Step {at}" for at in range(11, 16)
    ]


@pytest.mark.parametrize("mode", ["whole", "hits"])
def test_several_processes_in_one_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str) -> None:
    """What another worker writes between the lines of a traceback belongs to neither."""
    logs = healthy()
    for number in range(30):
        error(logs, 200 + number, "Instance failed to spawn")
        frames = ("nova/virt/driver.py", "spawn")
        logs.trace("nova-compute", 200 + number, "nova.compute.manager", frames, error="KeyError: 1")
        for _ in range(3):
            logs.line("nova-compute", 200 + number, "INFO", "nova.virt", "Somebody else", process=96)
    path = logs.write(tmp_path)
    if mode == "hits":
        monkeypatch.setattr(reading, "WHOLE", 0)
    first = errors_in([path]).groups[0]
    assert (first.count, first.example[-1]) == (30, "KeyError: 1")
    assert first.origin and first.origin.file == "nova/virt/driver.py"
