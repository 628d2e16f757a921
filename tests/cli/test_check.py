"""``mitate check``: status, reports, notification. What the app comes to is a fake, unless a test says so."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mitate import app
from mitate.cli import _checkup
from mitate.cli.main import main
from mitate.model.diagnosis import Diagnosis
from mitate.report import Options
from mitate.report.notify import Channel, NotDelivered

Run = Callable[..., subprocess.CompletedProcess[str]]
Concludes = Callable[[Diagnosis], list[app.Truth]]
CHECK = ["check", "--cloud", "lab"]
DOMAINS = "user_domain_name: d, project_domain_name: d"


@pytest.mark.parametrize(
    ("name", "options", "status"),
    [
        ("diagnosis", "", 1),
        ("diagnosis", "--fail-on critical", 1),
        ("diagnosis", "--format nagios", 2),
        ("healthy", "", 0),
        ("healthy", "--format nagios", 0),
        ("blind", "", 3),
        ("blind", "--fail-on critical", 3),
        ("blind", "--format nagios", 3),
    ],
)
def test_the_status(
    name: str, options: str, status: int, concludes: Concludes, request: pytest.FixtureRequest
) -> None:
    concludes(request.getfixturevalue(name))
    assert main([*CHECK, *options.split()]) == status


def test_the_options_name_the_truth(concludes: Concludes, healthy: Diagnosis, tmp_path: Path) -> None:
    looked = concludes(healthy)
    (tmp_path / "hosts").touch()
    (tmp_path / "a").touch()
    (tmp_path / "b").touch()
    hosts, a, b = tmp_path / "hosts", str(tmp_path / "a"), str(tmp_path / "b")
    main([*CHECK, "--inventory", str(hosts), "--host", "compute*", "network", "--timeout", "5"])
    main(["check", "--sosreport", a, b])
    main(["check", "--bundle", a, "--host", "x"])
    assert looked == [
        app.Truth("lab", hosts, hosts=("compute*", "network"), timeout_s=5.0),
        app.Truth(sosreports=(Path(a), Path(b))),
        app.Truth(bundle=Path(a), hosts=("x",)),
    ]


def test_piped_it_is_text_without_colour(
    concludes: Concludes, diagnosis: Diagnosis, capsys: pytest.CaptureFixture[str]
) -> None:
    concludes(diagnosis)
    main(CHECK)
    told = capsys.readouterr()
    assert told.out.startswith("cloud lab  2026-11-22 13:28:00 UTC\n\n✘ 1 problem found.\n")
    assert "\x1b" not in told.out
    assert told.err == ""


def test_one_look_many_reports(concludes: Concludes, diagnosis: Diagnosis, tmp_path: Path) -> None:
    looked = concludes(diagnosis)
    files = {"junit": "checks.xml", "html": "report.html", "json": "all.json", "text": "all.txt"}
    pairs = [word for name, file in files.items() for word in ("--format", name, "-o", str(tmp_path / file))]
    assert main([*CHECK, *pairs]) == 1
    assert len(looked) == 1
    starts = [(tmp_path / file).read_text()[:14] for file in files.values()]
    assert starts == ["<?xml version=", "<!doctype html", '{\n  "schema": ', "cloud lab  202"]


def test_a_file_says_its_format_by_its_ending(
    concludes: Concludes, diagnosis: Diagnosis, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    concludes(diagnosis)
    main([*CHECK, "-o", str(tmp_path / "report.html"), "-o", str(tmp_path / "x.json"), "-o", "-"])
    assert (tmp_path / "report.html").read_text().startswith("<!doctype html>")
    assert json.loads((tmp_path / "x.json").read_text())["cloud"] == "lab"
    assert capsys.readouterr().out.startswith("cloud lab")


def test_a_full_disk_loses_no_diagnosis(
    concludes: Concludes, diagnosis: Diagnosis, capsys: pytest.CaptureFixture[str]
) -> None:
    """/dev/full is a disk without room, and quite real: the report is shown instead."""
    concludes(diagnosis)
    assert main([*CHECK, "--format", "html", "-o", "/dev/full"]) == 2
    told = capsys.readouterr()
    assert "agent on compute1 is frozen" in told.out
    assert told.err == "mitate: /dev/full cannot be written: No space left on device.\n"


@pytest.mark.parametrize(
    ("name", "when", "posts"),
    [
        ("diagnosis", "always", 1),
        ("healthy", "always", 1),
        ("diagnosis", "problem", 1),
        ("healthy", "problem", 0),
        ("blind", "problem", 1),
    ],
)
def test_it_notifies(
    name: str,
    when: str,
    posts: int,
    concludes: Concludes,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The channel is a fake; tests/report sends to a server."""
    told = request.getfixturevalue(name)
    concludes(told)
    sent: list[Diagnosis] = []

    def send(diagnosis: Diagnosis, options: Options) -> None:
        sent.append(diagnosis)

    monkeypatch.setattr(_checkup, "channel", lambda address, environ: Channel("slack", send))
    main([*CHECK, "--notify", "slack://host/x", "--notify-when", when])
    assert sent == [told] * posts


def test_a_message_that_does_not_arrive_changes_no_status(
    concludes: Concludes,
    diagnosis: Diagnosis,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def send(diagnosis: Diagnosis, options: Options) -> None:
        raise NotDelivered("host refused the message (HTTP 403).")

    concludes(diagnosis)
    monkeypatch.setattr(_checkup, "channel", lambda address, environ: Channel("slack", send))
    assert main([*CHECK, "--notify", "slack://host/x"]) == 1
    told = capsys.readouterr()
    assert "agent on compute1 is frozen" in told.out
    assert told.err == "mitate: the diagnosis was not sent by slack: host refused the message (HTTP 403).\n"


# -- stopped in the middle: the program itself, and an API that never answers -------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_tells_what_was_seen(number: int, environ: dict[str, str], tmp_path: Path) -> None:
    """A real process, and a real port where nobody says a word: report, status 3, no traceback."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/v3"
        auth = f"{{auth: {{auth_url: '{url}', username: u, password: p, project_name: p, {DOMAINS}}}}}"
        (tmp_path / "clouds.yaml").write_text(f"clouds:\n  mute: {auth}\n")
        command = [sys.executable, "-m", "mitate", "check"]
        with subprocess.Popen(
            command, cwd=tmp_path, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            silent.settimeout(30)
            connection, _ = silent.accept()  # it has begun to look
            time.sleep(0.5)
            process.send_signal(number)
            out, err = process.communicate(timeout=20)
            connection.close()
    assert process.returncode == 3, err
    assert out.startswith("cloud mute")
    assert "interrupted" in out
    assert err == ""


# -- the recordings that ship: the whole line, nothing faked ------------------------------------------------

SHIPPED = Path(str(app.__file__)).parent / "demo/broken.tar.gz"


@pytest.mark.skipif(not SHIPPED.exists(), reason="this checkout has no recording yet (src/mitate/demo)")
class TestDemo:
    def test_text(self, mitate: Run) -> None:
        done = mitate("check", "--demo")
        assert done.returncode == 1
        assert done.stderr == ""
        assert re.search(r"^✘ .*\n\n 1  CRITICAL  ", done.stdout, re.MULTILINE)
        assert "\n    do next   " in done.stdout

    def test_it_is_the_same_twice(self, mitate: Run) -> None:
        """But for the seconds that it took."""
        first, second = (json.loads(mitate("check", "--demo", "--format", "json").stdout) for _ in range(2))
        assert {**first, "took_s": 0} == {**second, "took_s": 0}

    def test_svg(self, mitate: Run) -> None:
        done = mitate("check", "--demo", "--format", "svg")
        assert done.stdout.startswith("<svg ")

    def test_only_one_check(self, mitate: Run) -> None:
        done = mitate("check", "--demo", "--format", "json", "--check", "agent_process_frozen")
        assert [outcome["check"] for outcome in json.loads(done.stdout)["outcomes"]] == [
            "agent_process_frozen"
        ]

    def test_a_check_that_needs_a_thorough_look_runs_when_it_is_asked_for(self, mitate: Run) -> None:
        costly = "nova_upgrade_check_fails"
        asked = [(), ("--thorough",), ("--check", costly)]
        told = [json.loads(mitate("check", "--demo", "--format", "json", *words).stdout) for words in asked]
        ran = [costly in {outcome["check"] for outcome in each["outcomes"]} for each in told]
        assert ran == [False, True, True]

    def test_an_unknown_check(self, mitate: Run) -> None:
        done = mitate("check", "--demo", "--check", "nonsense")
        assert (done.returncode, done.stdout) == (2, "")
        assert "there is no check 'nonsense'" in done.stderr

    def test_not_even_a_home(self, mitate: Run) -> None:
        assert mitate("check", "--demo", env={"HOME": os.devnull}).returncode == 1
