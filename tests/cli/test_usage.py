"""How the program is used, and what it says when it is used wrongly: one sentence, and the right status."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mitate.cli.main import build_parser, main

Run = Callable[..., subprocess.CompletedProcess[str]]


Capture = pytest.CaptureFixture[str]


def one_sentence(line: str, capture: Capture, status: int = 2) -> str:
    """What a command line that goes wrong says: nothing but one sentence."""
    assert main(line.split()) == status
    told = capture.readouterr()
    assert told.out == ""
    assert re.fullmatch(r"mitate: [^\n]+[.?]\n", told.err), told.err
    return told.err


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("frobnicate", "invalid choice: 'frobnicate'"),
        ("check --frobnicate", "unrecognized arguments: --frobnicate; see `mitate --help`"),
        ("check --format pdf", "there is no format pdf; there are html, json, junit, nagios, svg, text"),
        ("check --format html --format json", "several --format need as many -o"),
        ("check --format html -o a -o b", "1 --format for 2 -o"),
        ("check --fail-on never", "invalid choice: 'never'"),
        ("check --timeout never", "argument --timeout: never is no number of seconds"),
        ("check --timeout 0", "0 is no number of seconds"),
        ("check --cloud a --bundle b", "not allowed with argument"),
        ("check --bundle nowhere.tar.gz", "there is no nowhere.tar.gz"),
        ("check --sosreport a b", "there is no a"),
        ("check --inventory hosts", "there is no hosts"),
        ("check --inventory hosts --demo", "--inventory names hosts to contact"),
        ("check --demo no-such", "no recording called no-such ships with mitate"),
        ("check --notify carrier-pigeon://roof", "does not know carrier-pigeon://; it sends to slack://"),
        ("check --notify env:NOT_SET", "env:NOT_SET: there is no such environment variable"),
        ("check -o /nowhere/at/all.html", "there is no directory /nowhere/at"),
        ("check -o /", "/ is a directory"),
        ("record", "the following arguments are required: -o/--output"),
        ("explain agent_process_frzen", "did you mean agent_process_frozen"),
        ("explain xyzzy", "`mitate explain` lists all there is"),
    ],
)
@pytest.mark.usefixtures("here")
def test_bad_usage_is_one_sentence(line: str, says: str, capsys: Capture) -> None:
    assert says in one_sentence(line, capsys)


TWO = "clouds:\n  east: {auth: {auth_url: 'http://127.0.0.1:1'}}\n  west: {auth: {auth_url: 'http://127.0.0.1:1'}}\n"


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        (None, "check", "no cloud is configured"),
        (None, "check", "`--demo` looks at a recording|`--lab` looks at"),
        (None, "check --cloud nobody", "there is no cloud 'nobody' in clouds.yaml"),
        (TWO, "check", "east, west"),
        (TWO, "check --cloud north", "it has east, west"),
        ("clouds: [", "check", "clouds.yaml"),
        ("clouds:\n  a: 3\n", "check", "clouds.yaml"),
        ("- a\n- b\n", "check", "clouds.yaml"),
        ("\0", "check", "clouds.yaml"),
        ("clouds:\n  a: {}\n", "check", "auth_url"),
    ],
)
def test_which_cloud(text: str | None, line: str, says: str, mitate: Run, tmp_path: Path) -> None:
    """In a process of its own: openstacksdk looks for its files when it is imported."""
    if text is not None:
        (tmp_path / "clouds.yaml").write_text(text)
    done = mitate(*line.split())
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(rf"mitate: .*(?:{says}).*[.?]\n", done.stderr), done.stderr


def test_an_unwritable_output_is_said_before_anything_is_looked_at(here: Path, capsys: Capture) -> None:
    """A program that runs cannot be written to, not even by root."""
    shutil.copy("/bin/sleep", here / "busy")
    with subprocess.Popen([here / "busy", "60"]) as process:
        try:
            assert "busy cannot be written: Text file busy" in one_sentence("check --demo -o busy", capsys)
        finally:
            process.kill()


@pytest.mark.parametrize(
    "line", ["check --bundle nowhere --format nagios", "check --format=nagios --frobnicate"]
)
def test_nagios_is_told_that_the_state_is_unknown(line: str, capsys: Capture) -> None:
    """Status 2 would mean CRITICAL to it."""
    assert main(line.split()) == 3
    assert re.fullmatch(r"MITATE UNKNOWN - [^\n|]+\n", capsys.readouterr().out)


@pytest.mark.parametrize("command", ["", "check", "drift", "record", "explain", "lab", "placement", "trace"])
def test_help_shows_an_example(command: str, mitate: Run) -> None:
    done = mitate(*command.split(), "--help")
    assert done.returncode == 0
    assert f"example:\n  mitate {command}".rstrip() in done.stdout


def test_help_is_quick(environ: dict[str, str]) -> None:
    """Under 0.3 s of processor time: other work on the machine does not count, slow imports do."""

    def cost() -> float:
        before = os.times()
        subprocess.run(
            [sys.executable, "-m", "mitate", "--help"], env=environ, capture_output=True, check=True
        )
        after = os.times()
        return after.children_user + after.children_system - before.children_user - before.children_system

    assert min(cost() for _ in range(3)) < 0.3


def test_bare_it_shows_its_commands(mitate: Run) -> None:
    done = mitate()
    assert done.returncode == 2
    assert re.findall(r"^    (\w+)\b", done.stderr, re.MULTILINE) == [
        "check",
        "drift",
        "explain",
        "lab",
        "logs",
        "placement",
        "record",
        "trace",
    ]


def test_what_is_not_built_is_not_there() -> None:
    """No stub of a command that others may take for the real thing."""
    with pytest.raises(Exception, match="'drift', 'explain', 'lab', 'logs', 'placement', 'record'"):
        build_parser().parse_args(["watch"])


def test_the_version(mitate: Run) -> None:
    assert re.fullmatch(r"mitate \d+\.\d+\.\d+\n", mitate("--version").stdout)


def test_a_fault_of_our_own_is_one_sentence_too(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    def fail() -> None:
        raise KeyError("\x1b[31mnever thought of")

    monkeypatch.setattr("mitate.cli._pages.pages", fail)
    monkeypatch.delenv("MITATE_DEBUG", raising=False)
    assert main(["explain", "x"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("mitate: this is a fault of mitate itself (KeyError), not of your cloud")
    assert said.count("\n") == 1
    monkeypatch.setenv("MITATE_DEBUG", "1")
    with pytest.raises(KeyError):
        main(["explain", "x"])


@pytest.mark.parametrize(
    "word", ["agent_process_frozen", "timeout", "ComputeFilter", "linuxbridge_agent_frozen"]
)
def test_explain_shows_a_page(word: str, capsys: Capture) -> None:
    """A check, a reason, a filter and a fault."""
    assert main(["explain", word]) == 0
    page = capsys.readouterr().out
    assert page.startswith(f"{word} (")
    assert len(page.splitlines()) > 6


def test_explain_lists_all_there_is(capsys: Capture) -> None:
    main(["explain"])
    lines = capsys.readouterr().out.splitlines()
    for line in ("Checks", "Reasons", "Faults to practise on", "  agent_process_frozen", "  timeout"):
        assert line in lines


def test_a_reader_that_goes_away_is_no_trouble(environ: dict[str, str], tmp_path: Path) -> None:
    command = f"{sys.executable} -m mitate explain | head -n 1"
    done = subprocess.run(
        ["sh", "-c", command], cwd=tmp_path, env=environ, capture_output=True, text=True, check=False
    )
    assert done.stdout == "Checks\n"
    assert done.stderr == ""


def test_a_terminal_without_our_letters_shows_question_marks(mitate: Run) -> None:
    done = mitate("explain", "agent_process_frozen", env={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0
