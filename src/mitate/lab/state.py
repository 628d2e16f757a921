"""The lab's directory: what is where, and who holds it.

lock, holder.json      who is changing the lab (flock; the kernel frees it when the holder dies)
bases/RELEASE/         the root file system that all hosts share, read-only
bases/RELEASE-guest/   kernel and initramfs of the servers
cache/                 downloaded packages
hosts/HOST/            upper, work, root: a running host's overlay; console.log
saved/STATE/HOST/      a host's own files in a healthy state; saved.json says what made it
desk/                  clouds.yaml, ssh configuration, inventory, key: what the operator works with
run.json               the release, driver and number of fake computes that run or ran last
broken.json            the faults that are in force
logs/                  what the builders said
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shlex
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mitate.lab.errors import LabBusyError, LabError

DEFAULT = Path("/var/lib/mitate/lab")


@dataclass(frozen=True)
class Holder:
    """Who holds the lab: process id, the start of that process, its command, and since when (Unix time)."""

    pid: int
    command: str
    since: float

    def says(self) -> str:
        """For a person: the process, its command and for how long."""
        return f"process {self.pid} ({self.command}) for {time.time() - self.since:.0f} s"


class State:
    """Paths of one lab, and the few small files in which it remembers something."""

    def __init__(self, directory: Path | None = None) -> None:
        chosen = directory or Path(os.environ.get("MITATE_LAB") or DEFAULT)
        self.directory = chosen.expanduser().resolve()
        self._depth = 0

    @property
    def prefix(self) -> str:
        """What the names of this lab's namespaces and cgroups begin with.

        The default directory's lab has the plain names; a lab elsewhere gets a suffix of its own, so that two
        labs never touch each other.
        """
        if self.directory == DEFAULT:
            return "mitate"
        return "mitate" + hashlib.sha256(str(self.directory).encode()).hexdigest()[:6]

    @property
    def bases(self) -> Path:
        return self.directory / "bases"

    @property
    def cache(self) -> Path:
        return self.directory / "cache"

    @property
    def hosts(self) -> Path:
        return self.directory / "hosts"

    @property
    def saved(self) -> Path:
        return self.directory / "saved"

    @property
    def desk(self) -> Path:
        return self.directory / "desk"

    @property
    def logs(self) -> Path:
        return self.directory / "logs"

    def prepare(self) -> None:
        """Make the directories. LabError when the place cannot be written."""
        try:
            for path in (self.bases, self.cache, self.hosts, self.saved, self.logs):
                path.mkdir(parents=True, exist_ok=True)
            self.desk.mkdir(mode=0o700, exist_ok=True)
            self.directory.chmod(0o755)
        except OSError as error:
            raise LabError(
                f"The lab's directory {self.directory} cannot be used: {error.strerror}."
            ) from error

    # -- small files ------------------------------------------------------------------------------------

    def read(self, name: str) -> dict[str, Any]:
        """A small JSON file of the lab; empty when it is missing or torn."""
        try:
            content = json.loads((self.directory / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return content if isinstance(content, dict) else {}

    def write(self, name: str, content: dict[str, Any]) -> None:
        """Replace a small JSON file in one step: a reader sees the old or the new one."""
        target = self.directory / name
        partial = target.with_name(f".{target.name}.{os.getpid()}")
        partial.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        partial.replace(target)

    def forget(self, name: str) -> None:
        (self.directory / name).unlink(missing_ok=True)

    # -- the lock ---------------------------------------------------------------------------------------

    def holder(self) -> Holder | None:
        """Who holds the lab now; None when nobody does."""
        try:
            descriptor = os.open(self.directory / "lock", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return self._noted_holder()
        finally:
            os.close(descriptor)
        return None

    def _noted_holder(self) -> Holder:
        noted = self.read("holder.json")
        return Holder(
            int(noted.get("pid", 0)),
            str(noted.get("command", "unknown")),
            float(noted.get("since", time.time())),
        )

    @contextmanager
    def locked(self, command: str | None = None) -> Iterator[None]:
        """Hold the lab. Within one process it may be held again; another process gets LabBusyError at once.

        The descriptor is closed on exec (Python's default), so that no host can go on holding the lock.
        """
        if self._depth:
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
            return
        self.directory.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise LabBusyError(f"The lab is held by {self._noted_holder().says()}.") from None
            noted = {"pid": os.getpid(), "command": command or _own_command(), "since": time.time()}
            self.write("holder.json", noted)
            self._depth = 1
            yield
        finally:
            self._depth = 0
            os.close(descriptor)


def _own_command() -> str:
    return shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]) if sys.argv else "python"
