"""Questions for the tests of transports, and a real sshd on the loopback to put them to."""

from __future__ import annotations

import getpass
import os
import pwd
import shutil
import socket
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mitate.collect.question import Answer, ApiQuestion, HostQuestion, SosRoot, SourceOfFacts
from mitate.model.host import HostIdentity, LogLine
from mitate.model.source import Fact

READERS = (
    "collect.look",
    "collect.transport.guard",
    "collect.transport.redact",
    "collect.transport.sosreport",
)
"""The modules that read the list of sources."""


class Registry:
    """The list of sources, as a test wants it."""

    def __init__(self) -> None:
        self.sources: dict[str, SourceOfFacts] = {}

    def host(
        self,
        name: str,
        script: str,
        *tells: type[Fact],
        parse: Callable[[Answer], list[Fact]] = lambda _: [],
        sosreport: Callable[[SosRoot], str] | None = None,
        **more: Any,
    ) -> HostQuestion:
        question = HostQuestion(name=name, script=script, asked=script, **more)
        self.sources[name] = SourceOfFacts(question, tells or (HostIdentity,), parse, sosreport)
        return question

    def log(self, name: str, script: str) -> HostQuestion:
        return self.host(name, script, LogLine)

    def api(
        self,
        name: str,
        service: str,
        path: str,
        key: str,
        *tells: type[Fact],
        parse: Callable[[Answer], list[Fact]] = lambda _: [],
        **more: Any,
    ) -> ApiQuestion:
        question = ApiQuestion(name=name, service=service, path=path, key=key, **more)
        self.sources[name] = SourceOfFacts(question, tells or (HostIdentity,), parse)
        return question

    @property
    def questions(self) -> list[Any]:
        return [source.question for source in self.sources.values()]


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Registry:
    """An empty list of sources, in the place of the real one."""
    made = Registry()
    for name in READERS:
        monkeypatch.setattr(f"mitate.{name}.all_sources", lambda: made.sources)
    return made


@pytest.fixture
def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


@pytest.fixture
def program(tmp_path: Path) -> Callable[[str, str], Path]:
    """Writes an executable into a directory for PATH, and tells the directory."""
    return lambda name, text: write_program(tmp_path / "programs", name, text).parent


class Sshd:
    """A running sshd, and the ssh configuration of a person who may log in there."""

    def __init__(self, directory: Path, *settings: str, path: str = "") -> None:
        self.directory = directory
        self.port = _free_port()
        self.known_hosts = directory / "known_hosts"
        self.config = directory / "ssh_config"
        self._process: subprocess.Popen[bytes] | None = None
        _key(directory / "host_key")
        _key(directory / "id")
        shutil.copy(directory / "id.pub", directory / "authorized_keys")
        (directory / "sshd_config").write_text(
            "\n".join(
                (
                    f"Port {self.port}",
                    "ListenAddress 127.0.0.1",
                    f"HostKey {directory}/host_key",
                    f"AuthorizedKeysFile {directory}/authorized_keys",
                    "PidFile none",
                    "StrictModes no",
                    "UsePAM no",
                    "UseDNS no",
                    "PasswordAuthentication no",
                    "KbdInteractiveAuthentication no",
                    "PermitRootLogin prohibit-password",
                    "MaxStartups 1000",
                    # bash reads .bashrc when sshd starts it, unless it is told to be an inner shell
                    f"SetEnv PATH={path or _path(directory)} SHLVL=2",
                    *settings,
                )
            )
            + "\n"
        )
        self.trust()
        self.configure("Host *")

    @property
    def host_key(self) -> str:
        return " ".join((self.directory / "host_key.pub").read_text().split()[:2])

    def trust(self, key: str = "") -> None:
        """Make this the key that is known of the server; by default its own."""
        self.known_hosts.write_text(f"# known\n[127.0.0.1]:{self.port} {key or self.host_key}\n")

    def configure(self, *lines: str) -> None:
        """Lines for the person's ssh configuration; what they do not say leads to this server."""
        common = (
            "Host *",
            "HostName 127.0.0.1",
            f"Port {self.port}",
            f"User {getpass.getuser()}",
            f"IdentityFile {self.directory}/id",
            f"UserKnownHostsFile {self.known_hosts}",
        )
        self.config.write_text("\n".join((*lines, *common)) + "\n")

    def start(self, program: str) -> None:
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # sshd insists; its init script makes it too
        command = [program, "-D", "-e", "-f", str(self.directory / "sshd_config")]
        with (self.directory / "log").open("wb") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        for _ in range(200):
            with socket.socket() as sock:
                if sock.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            if self._process.poll() is not None:
                break
            time.sleep(0.02)
        pytest.skip(f"sshd does not start here: {(self.directory / 'log').read_text()[-200:]}")

    def stop(self) -> None:
        if self._process:
            self._process.terminate()
            self._process.wait()


@pytest.fixture
def make_sshd(tmp_path: Path) -> Iterator[Callable[..., Sshd]]:
    """Starts a server; skips where sshd is not installed."""
    program = shutil.which("sshd", path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    running: list[Sshd] = []

    def make(*settings: str, path: str = "") -> Sshd:
        if program is None or shutil.which("ssh-keygen") is None:
            pytest.skip("sshd is not installed (Debian: apt-get install openssh-server)")
        if pwd.getpwuid(os.getuid()).pw_shell.endswith(("nologin", "false")):
            pytest.skip(f"{getpass.getuser()} has no login shell")
        directory = tmp_path / f"sshd{len(running)}"
        directory.mkdir()
        server = Sshd(directory, *settings, path=path)
        running.append(server)
        server.start(program)
        return server

    yield make
    for server in running:
        server.stop()


@pytest.fixture
def sshd(make_sshd: Callable[..., Sshd]) -> Sshd:
    return make_sshd()


def write_program(directory: Path, name: str, text: str) -> Path:
    """An executable sh script."""
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / name
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(file.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    return file


def _path(directory: Path) -> str:
    """Without root, with an imitated sudo that lets everything through, so that the rest can be tested."""
    if os.geteuid() == 0:
        return "/usr/sbin:/usr/bin:/sbin:/bin"
    write_program(directory / "bin", "sudo", 'shift; exec "$@"')
    return f"{directory}/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def _key(file: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file], check=True)


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port
