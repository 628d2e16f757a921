"""Network namespaces that nobody else sees, and that end with this process whatever ends it.

They are bound in a /run/netns of a mount namespace of our own: not even ``kill -9`` leaves anything behind.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

NETNS = Path("/run/netns")
_NEWNS, _NEWNET = 0x00020000, 0x40000000
_BIND, _REC, _PRIVATE, _DETACH = 4096, 16384, 1 << 18, 2
_libc = ctypes.CDLL(None, use_errno=True)


def _call(name: str, *arguments: object) -> None:
    if getattr(_libc, name)(*arguments):
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def mount(source: str, target: str, kind: str = "", flags: int = 0) -> None:
    _call("mount", source.encode(), target.encode(), kind.encode() or None, ctypes.c_ulong(flags), None)


def alone() -> None:
    """Give this process mounts of its own, with an empty /run/netns. Its children share them."""
    _call("unshare", _NEWNS)
    mount("none", "/", flags=_REC | _PRIVATE)
    NETNS.mkdir(exist_ok=True)
    mount("orc", str(NETNS), "tmpfs")


class Spaces:
    """The namespaces of one case, by name. ``close`` ends them."""

    def __init__(self) -> None:
        self.fds: dict[str, int] = {}
        self._home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)

    def add(self, name: str) -> None:
        _call("unshare", _NEWNET)
        try:
            path = NETNS / name
            path.touch()
            mount("/proc/thread-self/ns/net", str(path), flags=_BIND)
            self.fds[name] = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        finally:
            _call("setns", self._home, _NEWNET)

    @contextmanager
    def inside(self, name: str) -> Iterator[None]:
        """This process in that namespace, and what it starts there."""
        _call("setns", self.fds[name], _NEWNET)
        try:
            yield
        finally:
            _call("setns", self._home, _NEWNET)

    def start(self, name: str, script: str) -> subprocess.Popen[bytes]:
        with self.inside(name):
            return subprocess.Popen(
                ["sh", "-ec", script],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )

    def run(self, scripts: Mapping[str, str]) -> None:
        """Run shell scripts in their namespaces, all at once. Raises RuntimeError when one fails."""
        running = {name: self.start(name, script) for name, script in scripts.items()}
        wrong = []
        for name, process in running.items():
            said, _ = process.communicate(timeout=60)
            if process.returncode:
                wrong.append(f"{name}: {said.decode(errors='replace').strip()}\n{scripts[name]}")
        if wrong:
            raise RuntimeError("\n".join(wrong))

    def settings(self, name: str, values: Mapping[str, object]) -> None:
        """Write sysctls below ``net``, named with slashes."""
        with self.inside(name):
            for setting, value in values.items():
                Path("/proc/sys/net", setting).write_text(f"{value}\n")

    def remember(self, name: str) -> None:
        """Neighbours in use are asked again after a minute, not after 5 s: a case is over by then on a busy
        machine, too, and what was known when it was looked at still is when it is used."""
        with self.inside(name):
            for setting in Path("/proc/sys/net/ipv4/neigh").glob("*/delay_first_probe_time"):
                setting.write_text("60\n")

    def view(self, wanted: Mapping[str, str]) -> None:
        """For a child that is about to become a host: only these namespaces, under the names given.

        wanted: name here → name there. The child's mounts become its own.
        """
        _call("unshare", _NEWNS)
        mount("orc", str(NETNS), "tmpfs")
        for name, seen_as in wanted.items():
            path = NETNS / seen_as
            path.touch()
            mount(f"/proc/self/fd/{self.fds[name]}", str(path), flags=_BIND)

    def close(self) -> None:
        for name, fd in self.fds.items():
            os.close(fd)
            path = NETNS / name
            _call("umount2", str(path).encode(), _DETACH)
            path.unlink()
        os.close(self._home)
        self.fds = {}
