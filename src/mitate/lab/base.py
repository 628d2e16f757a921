"""The root file system that all hosts share: a Debian with every package of the release, built once.

It is built beside its final place and moved there in one step, so that a base that exists is a whole one;
what a killed build leaves behind is thrown away by the next. The builders run in a cgroup and in mount and
process namespaces of their own: whatever ends the build also ends them and their mounts.
"""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

from mitate.lab.errors import LabError
from mitate.lab.machine import mirrors
from mitate.lab.progress import Clocked
from mitate.lab.recipe import Recipe
from mitate.lab.shell import follow, in_cgroup, run
from mitate.lab.state import State

_APT_STATUS = re.compile(r"^(?:dl|pm)status:[^:]*:([0-9.]+):(.*)")
_ISOLATED = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private")
_ENVIRONMENT = {
    "DEBIAN_FRONTEND": "noninteractive",
    "LC_ALL": "C.UTF-8",
    "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
}
# $1 the root, $2 the package cache; the rest runs inside
_ENTER = """
mount -t proc proc "$1/proc" && mount --rbind /dev "$1/dev" && mount -t sysfs sys "$1/sys" &&
mount -t tmpfs tmpfs "$1/run" && mount --bind "$2" "$1/var/cache/apt/archives" &&
mount --bind "$(readlink -f /etc/resolv.conf)" "$1/etc/resolv.conf" || exit 1
root=$1; shift 2; exec chroot "$root" "$@"
"""


class Base:
    """The shared root of one release. `root` exists when it is complete."""

    def __init__(self, state: State, recipe: Recipe, cgroup: Path) -> None:
        self.state, self.recipe = state, recipe
        self.root = state.bases / recipe.release
        self.stamp = state.bases / f"{recipe.release}.json"
        self._cgroup = cgroup

    def is_built(self) -> bool:
        """Whether the base is there and is the one that this release describes."""
        try:
            return bool(json.loads(self.stamp.read_text())["fingerprint"] == self.recipe.base_fingerprint())
        except (OSError, ValueError, KeyError):
            return False

    def build(self, clocked: Clocked) -> None:
        """Build it; takes minutes, most of them for the packages. The stamp is written last."""
        archive, security = mirrors(self.recipe.suite)
        partial = self.root.with_name(f"{self.recipe.release}.partial")
        archives = self.state.cache / "archives"
        (archives / "partial").mkdir(parents=True, exist_ok=True)
        (self.state.cache / "debootstrap").mkdir(exist_ok=True)
        self._cgroup.mkdir(exist_ok=True)
        self.stamp.unlink(missing_ok=True)
        for leftover in (partial, self.root):
            remove_tree(leftover)
        with clocked.phase("base system"):
            self._debootstrap(partial, archive, clocked)
            _before_packages(partial, self.recipe.suite, archive, security)
            self.inside(partial, ["apt-get", "update", "-q"], timeout=300)
        wanted = self.recipe.packages("hosts")
        with clocked.phase("download packages"):
            self._apt(partial, ["--download-only", *wanted], clocked, "download.log", 1200)
        with clocked.phase("install packages"):
            self._apt(partial, wanted, clocked, "install.log", 1800)
        with clocked.phase("prepare base"):
            _tune(partial, self.recipe)
            partial.rename(self.root)
            self.stamp.write_text(json.dumps({"fingerprint": self.recipe.base_fingerprint()}))

    def inside(self, root: Path, argv: list[str], *, timeout: float = 60) -> str:
        """Run a program inside a root file system (no services, no network namespace of its own)."""
        return run(self._entered(root, argv), timeout=timeout, env=_ENVIRONMENT, what=" ".join(argv[:3]))

    def _entered(self, root: Path, argv: list[str]) -> list[str]:
        archives = str(self.state.cache / "archives")
        return in_cgroup(self._cgroup, [*_ISOLATED, "sh", "-c", _ENTER, "enter", str(root), archives, *argv])

    def _debootstrap(self, partial: Path, archive: str, clocked: Clocked) -> None:
        include = ",".join(self.recipe.packages("bootstrap"))
        argv = ["debootstrap", "--variant=minbase", f"--include={include}"]
        argv += [f"--cache-dir={self.state.cache / 'debootstrap'}", self.recipe.suite, str(partial), archive]
        follow(
            in_cgroup(self._cgroup, [*_ISOLATED, "--mount-proc", *argv]),
            on_line=lambda line: clocked.say(line.removeprefix("I: ")),
            timeout=900,
            what="debootstrap",
            log=self.state.logs / "debootstrap.log",
        )

    def _apt(self, partial: Path, arguments: list[str], clocked: Clocked, log: str, timeout: float) -> None:
        def show(line: str) -> None:
            if status := _APT_STATUS.match(line):
                clocked.say(status[2], float(status[1]) / 100)

        options = [
            "APT::Keep-Downloaded-Packages=true",
            "Dpkg::Options::=--force-confold",
            "APT::Status-Fd=1",
        ]
        argv = ["eatmydata", "apt-get", "install", "-y", "-q", "--no-install-recommends"]
        argv += [part for option in options for part in ("-o", option)]
        follow(
            self._entered(partial, [*argv, *arguments]),
            on_line=show,
            timeout=timeout,
            what="apt-get install",
            log=self.state.logs / log,
            env=_ENVIRONMENT,
        )


def remove_tree(path: Path) -> None:
    """Delete a directory tree, unless something is mounted in it."""
    if not path.exists():
        return
    for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
        if (line.split(" ")[4] + "/").startswith(f"{path}/"):
            raise LabError(f"{path} has something mounted in it: {line.split(' ')[4]}; unmount that first.")
    shutil.rmtree(path)


def _before_packages(root: Path, suite: str, archive: str, security: str | None) -> None:
    sources = [f"deb {archive} {suite} main", f"deb {archive} {suite}-updates main"]
    if security:
        sources.append(f"deb {security} {suite}-security main")
    (root / "etc/apt/sources.list").write_text("\n".join(sources) + "\n")
    proxy = run(["sh", "-c", "apt-config dump | grep -i '^Acquire::.*Proxy' || :"])
    (root / "etc/apt/apt.conf.d/99lab").write_text(proxy)
    _write(root / "etc/resolv.conf", "")  # the machine's own is mounted over it while something is installed
    _executable(
        root / "usr/sbin/policy-rc.d", "#!/bin/sh\n# Nothing starts while the base is built.\nexit 101\n"
    )
    unread = "".join(f"path-exclude /usr/share/{what}/*\n" for what in ("doc", "man", "locale", "info"))
    (root / "etc/dpkg/dpkg.cfg.d/lab").write_text(f"{unread}force-unsafe-io\n")


def _tune(root: Path, recipe: Recipe) -> None:
    """Nothing starts unless a role wants it, and nothing is left that stumbles over missing hardware."""
    units, base = recipe.settings["units"], recipe.settings["base"]
    system = root / "etc/systemd/system"
    dormant = tuple(units["dormant"])
    for wanted in system.glob("*.wants/*"):
        if wanted.name.startswith(dormant):
            wanted.unlink()
    for unit in units["mask"]:
        _link(system / unit, "/dev/null")
    _link(system / "default.target", "/lib/systemd/system/multi-user.target")
    journal = "[Journal]\nStorage=persistent\nReadKMsg=no\nAudit=no\nSystemMaxUse=200M\nRateLimitBurst=0\n"
    _write(root / "etc/systemd/journald.conf.d/lab.conf", journal)
    rsyslog = root / "etc/rsyslog.conf"
    if rsyslog.exists():  # the kernel's log belongs to the machine, not to a host
        rsyslog.write_text(re.sub(r'(?m)^module\(load="imklog"', r"#\g<0>", rsyslog.read_text()))
    for name, processes in base["uwsgi"].items():
        ini = root / f"etc/{name}-uwsgi.ini"
        text = re.sub(r"(?m)^processes = .*", f"processes = {processes}", ini.read_text())
        ini.write_text(re.sub(r"(?m)^threads = .*", "threads = 1", text))
    for entry in base["files"]:
        _write(root / entry["path"], (recipe.directory / entry["from"]).read_text())
        (root / entry["path"]).chmod(entry["mode"])
    for link, target in base["links"].items():
        _link(root / link, target)
    gone = ("usr/sbin/policy-rc.d", "etc/hostname", "var/lib/dbus/machine-id")
    for name in (*gone, "etc/apt/apt.conf.d/99lab"):
        (root / name).unlink(missing_ok=True)
    (root / "etc/machine-id").write_text("")
    for key in (root / "etc/ssh").glob("ssh_host_*"):
        key.unlink()
    # Every host gets one key of its own when it is configured.
    _write(root / "etc/ssh/sshd_config.d/lab.conf", "HostKey /etc/ssh/ssh_host_ed25519_key\nUseDNS no\n")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _executable(path: Path, text: str) -> None:
    _write(path, text)
    path.chmod(0o755)


def _link(path: Path, target: str) -> None:
    path.unlink(missing_ok=True)
    path.symlink_to(target)
