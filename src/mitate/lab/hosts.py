"""A host of the practice cloud: an overlay root, a set of namespaces, and systemd as its first process.

Nothing about a running host is remembered: its processes are those in its cgroup, and its first process is
the one there that is number 1 in its own process namespace. So a host is found again, and ended, whatever
happened to the process that started it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from mitate.lab import fabric
from mitate.lab.base import remove_tree
from mitate.lab.errors import LabError
from mitate.lab.recipe import HERE
from mitate.lab.shell import in_cgroup, run, tail
from mitate.lab.topology import HostPlan

_ENVIRONMENT = {
    "HOME": "/root",
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG": "C.UTF-8",
}


class Host:
    """One host: its directory (upper, work, root, console.log), its cgroup and its network namespace."""

    def __init__(self, plan: HostPlan, directory: Path, cgroup: Path, namespace: str) -> None:
        self.plan, self.name = plan, plan.name
        self.directory, self.cgroup, self.namespace = directory, cgroup, namespace
        self.upper = directory / "upper"
        self._started: subprocess.Popen[bytes] | None = None

    # -- life -------------------------------------------------------------------------------------------

    def first_process(self) -> int | None:
        """The machine's number of the host's process 1; None while the host does not run."""
        for pid in pids(self.cgroup):
            try:
                status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
                command = Path(f"/proc/{pid}/cmdline").read_bytes()
            except OSError:
                continue
            numbers = next(
                (line.split()[1:] for line in status.splitlines() if line.startswith("NSpid:")), []
            )
            # one namespace below ours, and already systemd (before that the root is not yet the host's own)
            if len(numbers) >= 2 and numbers[-1] == "1" and b"systemd" in command:
                return pid
        return None

    def is_running(self) -> bool:
        return self.first_process() is not None

    def boot(self, base: Path) -> None:
        """Start the host on its upper directory over `base`; returns at once. LabError when it is running."""
        if self.is_running():
            raise LabError(f"The host {self.name} is already running.")
        self.cgroup.mkdir(exist_ok=True)
        for name in ("work", "root"):
            remove_tree(self.directory / name)
        for name in ("upper", "work", "root"):
            (self.directory / name).mkdir(parents=True, exist_ok=True)
        enter = ["nsenter", f"--net={fabric.NETNS / self.namespace}"]
        apart = ["unshare", "--mount", "--uts", "--ipc", "--pid", "--cgroup", "--fork"]
        init = ["sh", str(HERE / "host-init.sh"), self.name, str(self.directory), str(base), self.plan.role]
        with (self.directory / "console.log").open("wb") as console:
            self._started = subprocess.Popen(
                in_cgroup(self.cgroup, [*enter, *apart, *init]),
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                start_new_session=True,  # whoever starts the lab may end before it
            )

    def is_booted(self) -> bool:
        """Whether systemd is ready to start services. LabError when the host died instead."""
        if self._started is not None and self._started.poll() is not None:
            console = (self.directory / "console.log").read_text(errors="replace")
            raise LabError(f"The host {self.name} ended while it booted.\n{tail(console)}".rstrip())
        if not self.is_running():
            return False
        return self.sh("systemctl is-active basic.target", check=False).strip() == "active"

    def is_settled(self) -> bool:
        """Whether every unit has started; a unit that failed makes this False for good."""
        return self.sh("systemctl is-system-running", check=False).strip() == "running"

    def pending(self) -> str:
        """The units that are still to start, and those that failed."""
        if not self.is_running():
            return "The host is not running."
        script = "systemctl list-jobs --no-legend | head -12; systemctl --failed --plain --no-legend"
        return self.sh(script, check=False)

    def kill(self) -> None:
        """End every process of the host at once, as a power cut would, and remove its cgroup."""
        end_cgroup(self.cgroup)
        if self._started is not None:
            self._started.wait()
            self._started = None

    # -- inside -----------------------------------------------------------------------------------------

    def entry(self) -> list[str]:
        """The command that, put before another one, runs it inside the host as root."""
        pid = self.first_process()
        if pid is None:
            raise LabError(f"The host {self.name} is not running.")
        join = ["nsenter", "-t", str(pid), "-m", "-u", "-i", "-n", "-p", "--root", "--wd"]
        return [*join, "--", "env", "-i", *(f"{key}={value}" for key, value in _ENVIRONMENT.items())]

    def sh(self, script: str, *arguments: str, check: bool = True, timeout: float = 60) -> str:
        """Run a POSIX sh script as root inside the host and return its standard output.

        The script travels as an argument, never on standard input, which some programs would eat; standard
        input is empty. With `check`, a bad status is a LabError with the tail of standard error.
        """
        argv = [*self.entry(), "sh", "-c", script, "sh", *arguments]
        return run(
            argv, check=check, timeout=timeout, what=f"on {self.name}: {script.strip().splitlines()[0][:60]}"
        )

    # -- its own files ----------------------------------------------------------------------------------

    def place(self, base: Path, path: str, text: str, mode: int = 0o644) -> None:
        """Write a file into a host that does not run; its directories get owner and mode as in the base."""
        target = self.upper / path
        _make_like(base, self.upper, target.parent)
        target.write_text(text, encoding="utf-8")
        target.chmod(mode)

    def place_configuration(self, base: Path, path: str, text: str) -> None:
        """Write a service's file: below `/etc/NAME`, where NAME is also a group, for that group's eyes only.

        So the Debian packages have it, for the file may hold passwords.
        """
        self.place(base, path, text)
        top, name, *below = path.split("/")
        group = _group(base, name) if top == "etc" and below else None
        if group is not None:
            os.chown(self.upper / path, 0, group)
            (self.upper / path).chmod(0o640)

    def enable(self, base: Path, units: list[str]) -> None:
        """Have these units start when the host boots."""
        wants = self.upper / "etc/systemd/system/multi-user.target.wants"
        _make_like(base, self.upper, wants)
        for unit in units:
            link = wants / f"{unit}.service"
            link.unlink(missing_ok=True)
            link.symlink_to(f"/lib/systemd/system/{unit}.service")

    def restore(self, saved: Path | None) -> None:
        """Replace the host's own files by saved ones, or by none."""
        for name in ("upper", "work", "root"):
            remove_tree(self.directory / name)
        self.directory.mkdir(parents=True, exist_ok=True)
        if saved is None:
            self.upper.mkdir()
        else:
            copy_tree(saved, self.upper)


def copy_tree(source: Path, target: Path) -> None:
    """A true copy: owners, modes, times, device nodes and the overlay's own marks (whiteouts, opaque)."""
    run(["cp", "-a", "--reflink=auto", str(source), str(target)], timeout=300)


def _make_like(base: Path, upper: Path, directory: Path) -> None:
    """Make a directory of an upper layer and its parents with the owners and modes that the base has."""
    chain = [directory, *directory.parents]
    for path in reversed(chain[: chain.index(upper) + 1]):
        if path.is_dir():
            continue
        path.mkdir(parents=True)
        like = base / path.relative_to(upper)
        if like.is_dir():
            shutil.copymode(like, path)
            os.chown(path, like.stat().st_uid, like.stat().st_gid)


def _group(base: Path, name: str) -> int | None:
    for line in (base / "etc/group").read_text(encoding="utf-8").splitlines():
        fields = line.split(":")
        if fields[0] == name:
            return int(fields[2])
    return None


# -- cgroups --------------------------------------------------------------------------------------------


def pids(cgroup: Path) -> list[int]:
    """The processes of a cgroup and of all cgroups in it, by the machine's numbers."""
    found: list[int] = []
    for directory, _, _ in os.walk(cgroup):
        try:
            found += [
                int(line) for line in Path(directory, "cgroup.procs").read_text(encoding="ascii").split()
            ]
        except OSError:  # the cgroup went away, or is being killed
            continue
    return found


def end_cgroup(cgroup: Path) -> None:
    """Kill all that is in a cgroup and remove it; does nothing when it is not there."""
    if not cgroup.is_dir():
        return
    (cgroup / "cgroup.kill").write_text("1")
    deadline = time.monotonic() + 20
    while "populated 1" in (cgroup / "cgroup.events").read_text(encoding="ascii"):
        if time.monotonic() > deadline:
            raise LabError(
                f"Processes of {cgroup.name} do not end although they were killed: {pids(cgroup)}."
            )
        time.sleep(0.02)
    for directory, _, _ in os.walk(cgroup, topdown=False):
        Path(directory).rmdir()


def frozen(cgroups: list[Path]) -> Callable[[], None]:
    """Freeze all processes of these cgroups, wait until they stand still, and return what thaws them."""

    def thaw() -> None:
        for cgroup in cgroups:
            (cgroup / "cgroup.freeze").write_text("0")

    try:
        for cgroup in cgroups:
            (cgroup / "cgroup.freeze").write_text("1")
        deadline = time.monotonic() + 10
        while not all(
            "frozen 1" in (cgroup / "cgroup.events").read_text(encoding="ascii") for cgroup in cgroups
        ):
            if time.monotonic() > deadline:
                raise LabError("The hosts could not be frozen within 10 s.")
            time.sleep(0.01)
    except BaseException:
        thaw()
        raise
    return thaw
