"""A host that is a directory: the very scripts of the sources run on it, with tools that a test gives it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mitate.collect.question import Answer, HostQuestion, all_sources
from mitate.collect.sources._shell import ROOT
from mitate.model.source import Fact

AT = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)
AWKS = {
    name: argv
    for name, argv in (("mawk", "mawk"), ("gawk", "gawk"), ("busybox", "busybox awk"))
    if shutil.which(argv.split()[0])
}
SHELLS = {
    name: argv
    for name, argv in (("dash", ["dash"]), ("busybox", ["busybox", "sh"]), ("bash", ["bash", "--posix"]))
    if shutil.which(argv[0])
}


class FakeHost:
    """A root directory and a directory of tools that come before the machine's own."""

    def __init__(self, where: Path) -> None:
        self.root = where / "root"
        self.bin = where / "bin"
        self.processes: list[tuple[int, str]] = []
        for directory in (self.root / "proc", self.root / "etc", self.bin):
            directory.mkdir(parents=True)
        (self.root / "proc/uptime").write_text("920.51 1805.22\n")
        (self.root / "etc/hosts").write_text(
            "127.0.0.1 localhost\n10.0.0.11 controller\n10.0.0.21 compute1\n"
        )

    def file(self, path: str, text: str) -> Path:
        place = self.root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        return place

    def tool(self, name: str, text: str) -> Path:
        """A program on the PATH, as a shell script."""
        place = self.bin / name
        place.write_text(f"#!/bin/sh\n{text}\n")
        place.chmod(0o755)
        return place

    def process(
        self, pid: int, command: str, cgroup: str = "0::/system.slice/x.service", own: str = ""
    ) -> None:
        """A process; own: the directory below the root that is its root, when it runs in a container."""
        self.processes.append((pid, command))
        proc = self.root / f"proc/{pid}"
        proc.mkdir()
        (proc / "cgroup").write_text(f"{cgroup}\n")
        (proc / "root").symlink_to(self.root / own.lstrip("/") if own else self.root)

    def run(
        self, name: str, shell: str = "dash", awk: str = "", **slots: str
    ) -> subprocess.CompletedProcess[str]:
        rows = "\n".join(f"{pid} 1 Ss 1000 60 {command}" for pid, command in self.processes)
        (self.root / "ps").write_text(rows + "\n")
        columns = (
            r"case $* in *etimes*) cat '{0}' ;; *comm=*) awk '{{print $1, $6}}' '{0}' | sed 's,/.*/,,' ;;"
        )
        every = r" *) sed -E 's/^([0-9]+) 1 Ss 1000 60 /\1 /' '{0}' ;; esac"
        self.tool("ps", (columns + every).format(self.root / "ps"))
        if awk:
            self.tool("awk", f'exec {AWKS[awk]} "$@"')
        return subprocess.run(
            [*SHELLS[shell], "-c", self.script(name, **slots)],
            env={"PATH": f"{self.bin}:{os.environ['PATH']}", "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=60,
            check=False,
        )

    def script(self, name: str, **slots: str) -> str:
        question = all_sources()[name].question
        assert isinstance(question, HostQuestion)
        return (question.filled(**slots) if slots else question).sent.replace(ROOT, f"root={self.root}\n", 1)

    def ask(self, name: str, **how: str) -> list[Any]:
        """The facts that the script's answer tells."""
        done = self.run(name, **how)
        assert done.returncode == 0, done.stderr
        return facts(name, done.stdout.replace(str(self.root), ""))


def facts(name: str, text: str, host: str = "compute1") -> list[Any]:
    """What an answer tells, in order."""
    source = all_sources()[name]
    told: Iterator[Fact] = iter(source.parse(Answer(name, host, "asked", AT, text)))
    return list(told)


@pytest.fixture
def fake_host(tmp_path: Path) -> FakeHost:
    return FakeHost(tmp_path)


@pytest.fixture(name="facts")
def _facts() -> Callable[..., list[Any]]:
    return facts


@pytest.fixture(params=sorted(AWKS))
def each_awk(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=sorted(SHELLS))
def each_shell(request: pytest.FixtureRequest) -> str:
    return str(request.param)
