"""The script and its frames, in every shell that is here: dash, bash, busybox."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mitate.collect.question import Answer, HostQuestion
from mitate.collect.transport.listen import Listener
from mitate.collect.transport.script import Frames, Script, script_for
from mitate.model.errors import CannotSee

SHELLS = (["dash"], ["bash", "--posix"], ["busybox", "sh"])
NEVER = CannotSee("never came", "closed")


@pytest.fixture(params=SHELLS, ids=lambda words: words[0])
def shell(request: pytest.FixtureRequest) -> list[str]:
    words: list[str] = request.param
    if shutil.which(words[0]) is None:
        pytest.skip(f"{words[0]} is not installed")
    return words


def question(name: str, script: str, **more: object) -> HostQuestion:
    return HostQuestion(name=name, script=script, asked=script, **more)  # type: ignore[arg-type]


def run(
    shell: list[str], *questions: HostQuestion, env: dict[str, str] | None = None
) -> dict[str, Answer | CannotSee]:
    """What the questions are answered by a real shell."""
    script = script_for(questions)
    done = subprocess.run(
        [*shell, "-s"], input=script.text.encode(), capture_output=True, timeout=60, env=env, check=False
    )
    return heard(script, done.stdout)


def heard(script: Script, output: bytes) -> dict[str, Answer | CannotSee]:
    listener = Listener("host", script)
    listener.hear(output)
    return listener.answers(NEVER)


def text(answer: Answer | CannotSee) -> str:
    assert isinstance(answer, Answer), answer
    return answer.text


def why(answer: Answer | CannotSee) -> tuple[str, str]:
    assert isinstance(answer, CannotSee), answer
    return str(answer), answer.reason


def test_every_kind_of_answer(shell: list[str]) -> None:
    told = run(
        shell,
        question("plain", "echo one; echo two"),
        question("empty", "true"),
        question("no_newline", "printf 'x\\n\\ny'"),
        question("eats", "cat; echo still here"),
        question("quotes", """printf '%s\\n' "it's" '"$HOME"' '`'"""),
        question("not_there", "echo no such tool >&2; exit 3"),
        question("denied", "echo 'cat: /etc/shadow: Permission denied' >&2; exit 1"),
        question("silent", "exit 4"),
        question("noisy", "echo warning >&2; echo fine"),
        question("shuts", "exec 1>&-; exit 0"),
        question("last", "echo end"),
    )
    assert text(told["plain"]) == "one\ntwo\n"
    assert text(told["empty"]) == ""
    assert text(told["no_newline"]) == "x\n\ny"
    assert text(told["eats"]) == "still here\n"
    assert text(told["quotes"]) == 'it\'s\n"$HOME"\n`\n'
    assert why(told["not_there"]) == ("no such tool", "absent")
    assert why(told["denied"]) == ("cat: /etc/shadow: Permission denied", "denied")
    assert why(told["silent"]) == ("the question ended with exit status 4 and said nothing", "absent")
    assert text(told["noisy"]) == "fine\n"
    assert text(told["shuts"]) == ""
    assert text(told["last"]) == "end\n"


def test_an_answer_is_cut_at_its_limit(shell: list[str]) -> None:
    told = run(
        shell,
        question("endless", "yes", limit=100_000, timeout_s=20),
        question("exact", "printf 12345", limit=5),
        question("one_more", "printf 123456", limit=5),
        question("after", "echo fine"),
    )
    endless, exact, one_more = told["endless"], told["exact"], told["one_more"]
    assert isinstance(endless, Answer)
    assert (len(endless.text), endless.cut) == (100_000, True)
    assert isinstance(exact, Answer)
    assert (exact.text, exact.cut) == ("12345", False)
    assert isinstance(one_more, Answer)
    assert (one_more.text, one_more.cut) == ("12345", True)
    assert text(told["after"]) == "fine\n"


def test_slow_questions_run_beside_the_others_more_of_them_than_lanes(shell: list[str]) -> None:
    slow = [question(f"slow{i}", f"sleep 0.5; echo {i}", slow=True) for i in range(8)]
    began = time.monotonic()
    told = run(shell, *slow, question("quick", "echo now"))
    assert [text(told[f"slow{i}"]) for i in range(8)] == [f"{i}\n" for i in range(8)]
    assert text(told["quick"]) == "now\n"
    assert time.monotonic() - began < 3.0  # two after one another at most, not eight


def test_slow_questions_are_asked_even_where_no_file_can_be_made(shell: list[str], tmp_path: Path) -> None:
    (tmp_path / "mktemp").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "mktemp").chmod(0o755)
    env = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    if shell[0] == "busybox":
        pytest.skip("busybox runs its own mktemp")
    told = run(shell, question("slow", "echo slow", slow=True), question("quick", "echo quick"), env=env)
    assert (text(told["slow"]), text(told["quick"])) == ("slow\n", "quick\n")


def test_a_question_that_takes_too_long_costs_only_itself(shell: list[str]) -> None:
    told = run(
        shell,
        question("long", "sleep 30", timeout_s=1),
        question("next", "echo fine"),
    )
    assert why(told["long"]) == ("no answer within 1 s", "timeout")
    assert text(told["next"]) == "fine\n"


def test_a_question_that_ignores_being_ended_is_killed() -> None:
    stubborn = question("stubborn", "trap '' TERM; echo half; while :; do sleep 1; done", timeout_s=1)
    told = run(["sh"], stubborn, question("next", "echo fine"))
    assert why(told["stubborn"]) == ("no answer within 1 s", "timeout")
    assert text(told["next"]) == "fine\n"


@pytest.fixture
def stopped(tmp_path: Path) -> Iterator[Path]:
    """A file for the pid of a process that was stopped: ended after the test."""
    file = tmp_path / "pid"
    yield file
    for pid in map(int, file.read_text().split()):
        os.kill(pid, signal.SIGKILL)


def test_a_question_that_no_signal_ends_costs_only_itself(stopped: Path) -> None:
    """Like a process in state D: its ``timeout`` is stopped, so nobody ends it."""
    told = run(
        ["dash"],
        question("stuck", f"echo $PPID $$ > {stopped}; echo half; kill -STOP $PPID; sleep 60", timeout_s=1),
        question("next", "echo fine"),
    )
    assert why(told["stuck"])[1] == "hung"
    assert text(told["next"]) == "fine\n"


def test_nothing_is_left_on_the_host_when_the_script_is_killed() -> None:
    script = script_for([question("slow", "echo begun; sleep 3", slow=True), question("quick", "sleep 3")])
    before = leftovers()
    process = subprocess.Popen(
        ["sh", "-s"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True
    )
    assert process.stdin
    process.stdin.write(script.text.encode())
    process.stdin.close()
    time.sleep(0.4)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert leftovers() == before


def leftovers() -> set[Path]:
    return {path for place in ("/dev/shm", "/run", "/tmp") for path in Path(place).glob("mitate.??????")}


def test_an_answer_cannot_forge_a_frame() -> None:
    script = script_for([question("liar", "true"), question("honest", "true")], nonce="secret")
    forged = b"\nguess end liar  0\n\nguess ask honest\nevil\nguess end honest  0\nguess bye\n"
    output = (
        b"\nsecret host me 1795361521.4\n\nsecret ask liar\n" + forged + b"\nsecret end liar  0\n"
        b"\nsecret ask honest\ntruth\n\nsecret end honest  0\n\nsecret bye\n"
    )
    told = heard(script, output)
    assert text(told["liar"]).encode() == forged
    assert text(told["honest"]) == "truth\n"


def test_the_nonce_is_on_no_command_line_and_differs_each_time(shell: list[str]) -> None:
    commands = "for each in /proc/[0-9]*/cmdline; do tr '\\0' ' ' < $each; echo; done 2>/dev/null; true"
    script = script_for([question("commands", commands)])
    done = subprocess.run(
        [*shell, "-s"], input=script.text.encode(), capture_output=True, timeout=60, check=False
    )
    assert script.nonce not in text(heard(script, done.stdout)["commands"])
    assert script_for([]).nonce != script_for([]).nonce


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_frames_do_not_depend_on_how_the_bytes_arrive(data: st.DataObject) -> None:
    bodies = data.draw(st.lists(st.binary(max_size=200), min_size=1, max_size=4))
    questions = [question(f"q{i}", "true", limit=150) for i in range(len(bodies))]
    output = b"a banner\nsecret\n\nsecret host me 1795361521.4\n"
    for i, body in enumerate(bodies):
        output += b"\nsecret ask q%d\n%s" % (i, body[:150]) + b"\nsecret end q%d some words 0\n" % i
    output += b"\nsecret bye\n"
    frames = Frames(script_for(questions, nonce="secret"))
    told = []
    while output:
        size = data.draw(st.integers(1, len(output)))
        told += list(frames.feed(output[:size], 0.0))
        output = output[size:]
    assert [frame.text for frame in told] == [body[:150] for body in bodies]
    assert frames.complete
    assert frames.greeting
    assert frames.greeting.hostname == "me"


@given(st.binary(max_size=300))
def test_no_output_is_a_crash(noise: bytes) -> None:
    script = script_for([question("a", "true")], nonce="n")
    listener = Listener("host", script)
    listener.hear(b"\nn host x y\n\nn ask a\n" + noise + b"\nn end a")
    listener.hear(noise + b"\nn ask nobody\n\nn end \nn end a b c\n\nn bye\n")
    assert set(listener.answers(NEVER)) == {"a"}
