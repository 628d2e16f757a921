"""The scripts as they are sent: they only read, run under every shell, and say why they cannot look."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mitate.collect.question import HostQuestion, all_sources
from mitate.model.errors import CannotSee

QUESTIONS = {
    name: source.question
    for name, source in all_sources().items()
    if isinstance(source.question, HostQuestion)
}
WRITERS = r"rm|mv|cp|dd|tee|touch|mkdir|mktemp|install|ln|chmod|chown|sysctl|modprobe|p?kill|killall|wget"
BARE = (
    "sh",
    "dash",
    "awk",
    "grep",
    "sed",
    "sort",
    "head",
    "tail",
    "cat",
    "date",
    "uname",
    "stat",
    "df",
    "tr",
)


def outside_of_awk(script: str) -> str:
    """The script without what stands in quotes or comments: programs of awk compare with >."""
    script = re.sub(r"'[^']*'", "''", script)
    return re.sub(r'(?m)(^|\s)#.*$|"[^"\n]*"', " ", script)


@pytest.mark.parametrize("name", QUESTIONS)
def test_nothing_is_written(name: str) -> None:
    script = outside_of_awk(QUESTIONS[name].script)
    redirected = re.findall(r"\d?>+\s*(&\d|\S+)", script)
    assert {where.rstrip(");") for where in redirected} <= {"&1", "&2", "&3", "/dev/null"}
    assert re.findall(rf"(?m)(?:^|[;&|({{]|\bdo|\bthen|\belse)\s*({WRITERS})\b", script) == []
    assert "<<" not in script, "bash writes a here-document into a file"
    awk_writes = [
        line for line in QUESTIONS[name].script.splitlines() if re.search(r'\bprintf?\b.*[^>=]>>?\s*"', line)
    ]
    assert awk_writes == []
    assert "system(" not in QUESTIONS[name].script


@pytest.mark.parametrize("name", QUESTIONS)
def test_what_a_person_is_told(name: str) -> None:
    question = QUESTIONS[name]
    assert question.asked
    assert "\n" not in question.asked
    assert 0 < question.timeout_s <= 60
    assert len(question.script.encode()) < 100_000, "an argument of a program has an end"


@pytest.mark.parametrize("name", QUESTIONS)
def test_it_runs_on_this_machine(name: str, each_shell: str, fake_host: Any, facts: Any) -> None:
    """As it is, on the machine of the test with its own processes: looked, or a reason why not."""
    if name == "traffic" and each_shell != "dash":
        pytest.skip("takes a second under each shell")
    shell = {"dash": ["dash"], "busybox": ["busybox", "sh"], "bash": ["bash", "--posix"]}[each_shell]
    done = subprocess.run(
        [*shell, "-c", QUESTIONS[name].script],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=60,
        check=False,
    )
    if done.returncode:
        assert done.stderr.strip(), "it must say why"
    else:
        assert not re.search(r"syntax error|not found|unexpected|regular expression", done.stderr), (
            done.stderr
        )
        assert isinstance(facts(name, done.stdout), list)


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_machine_without_any_openstack(name: str, fake_host: Any, facts: Any) -> None:
    """A root with nothing in it, and a PATH of little more than awk: no facts about services, or a reason."""
    for tool in BARE:
        if found := shutil.which(tool):
            (fake_host.bin / tool).symlink_to(found)
    fake_host.process(1, "/sbin/init")
    env_path = os.environ["PATH"]
    try:
        os.environ["PATH"] = str(fake_host.bin)
        if name == "traffic":
            fake_host.tool("sleep", ":")
        done = fake_host.run(name)
    finally:
        os.environ["PATH"] = env_path
    if done.returncode:
        assert done.stderr.strip(), "it must say why"
        return
    told = facts(name, done.stdout)
    assert not [fact for fact in told if getattr(fact, "service", "")]


@pytest.mark.parametrize("name", ["processes", "configuration", "logs", "credentials", "sockets"])
def test_a_broken_awk_is_no_empty_answer(name: str, fake_host: Any) -> None:
    """Exit status 0 with nothing would mean that there is nothing."""
    fake_host.file("/etc/nova/nova.conf", "[DEFAULT]\nmy_ip = 10.0.0.21\n")
    fake_host.process(100, "/usr/bin/python3 /usr/bin/nova-compute --config-file=/etc/nova/nova.conf")
    fake_host.tool("ss", "echo LISTEN 0 0 0.0.0.0:22 0.0.0.0:*")
    fake_host.tool("awk", "echo broken >&2; exit 2")
    done = fake_host.run(name)
    assert done.returncode != 0
    assert "broken" in done.stderr


@pytest.mark.parametrize("name", ["processes", "configuration", "logs", "credentials"])
def test_no_ps_is_no_empty_answer(name: str, fake_host: Any) -> None:
    fake_host.run(name)
    fake_host.tool("ps", "echo 'ps: unknown option' >&2; exit 1")
    script = fake_host.script(name)
    done = subprocess.run(
        ["dash", "-c", script],
        env={"PATH": f"{fake_host.bin}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "unknown option" in done.stderr


def test_redaction_here_says_when_it_cannot(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from mitate.collect.sources import _shell  # noqa: PLC0415 - only here

    assert _shell.run_awk("a b\n", "{ print $2 }") == "b\n"
    with pytest.raises(CannotSee, match="could not redact"):
        _shell.run_awk("a\n", "{ exit 3 }")
