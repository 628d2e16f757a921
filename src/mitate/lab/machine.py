"""What the lab needs of the machine it runs on. Each thing that is missing is one sentence."""

from __future__ import annotations

import os
import platform
import shutil
from pathlib import Path

from mitate.lab.errors import LabError
from mitate.lab.shell import run

# program → the Debian package that brings it
TOOLS = {
    "ip": "iproute2",
    "nsenter": "util-linux",
    "unshare": "util-linux",
    "ethtool": "ethtool",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    "debootstrap": "debootstrap",
    "dpkg": "dpkg",
    "cp": "coreutils",
    "chroot": "coreutils",
}

# what is tried, in a throw-away network namespace → what it is called
_NETWORK_PROBES = (
    ("ip link add mitate-a type veth peer name mitate-b", "veth pairs (module veth)"),
    ("ip link add mitate-c type bridge", "bridges (module bridge)"),
    ("ip link add mitate-d type vxlan id 1 dstport 8472 local 127.0.0.1", "VXLAN (module vxlan)"),
)
_MEMORY_GB = 5
_MEMORY_GB_FAKE = 0.2
_WATCHERS_PER_HOST = 6
_DISK_GB = 8


def require_root() -> None:
    """LabError unless the process is root: hosts are made of namespaces, mounts and cgroups."""
    if os.geteuid() != 0:
        raise LabError("The practice cloud needs root: run it as root, or with sudo.")


def require_tools() -> None:
    """LabError that names every missing program's package in one apt-get command."""
    if shutil.which("apt-get") is None:
        raise LabError("The practice cloud is built from Debian packages and needs a machine with apt-get.")
    packages = sorted({package for tool, package in TOOLS.items() if shutil.which(tool) is None})
    if packages:
        raise LabError(
            f"This machine lacks {', '.join(packages)}: run `apt-get install {' '.join(packages)}`."
        )


def require_kernel(directory: Path) -> None:
    """LabError unless this kernel has namespaces, veth, bridge, VXLAN, cgroup v2, overlays in `directory`.

    Each thing is tried rather than looked up: a feature may be there and forbidden (as in many containers).
    """
    if platform.machine() != "x86_64":
        raise LabError(f"The practice cloud runs on x86_64 only; this machine is {platform.machine()}.")
    try:
        run(["unshare", "--mount", "--net", "--uts", "--ipc", "--pid", "--cgroup", "--fork", "true"])
    except LabError as error:
        raise LabError(
            "This machine does not let root make namespaces; a container needs --privileged for it."
        ) from error
    script = "\n".join(f"{probe} || echo '{name}'" for probe, name in _NETWORK_PROBES)
    missing = run(["unshare", "--net", "sh", "-c", script], check=False).splitlines()
    if missing:
        raise LabError(
            f"The kernel {platform.release()} lacks {', '.join(missing)}: "
            f"load the module, or use a stock Debian kernel."
        )
    kill = cgroup_root() / "mitate-probe"
    try:
        kill.mkdir(exist_ok=True)
        able = (kill / "cgroup.kill").exists() and (kill / "cgroup.freeze").exists()
        kill.rmdir()
    except OSError as error:
        raise LabError(f"Root cannot make a cgroup in {kill.parent}: {error.strerror}.") from error
    if not able:
        raise LabError(f"The kernel {platform.release()} is too old: cgroup.kill needs Linux 5.14 or newer.")
    _require_overlay(directory)


def _require_overlay(directory: Path) -> None:
    probe = directory / ".probe"
    for part in ("lower", "upper", "work", "root"):
        (probe / part).mkdir(parents=True, exist_ok=True)
    options = f"lowerdir={probe}/lower,upperdir={probe}/upper,workdir={probe}/work"
    try:
        run(["unshare", "--mount", "mount", "-t", "overlay", "overlay", "-o", options, f"{probe}/root"])
    except LabError as error:
        raise LabError(
            f"Overlay file systems do not work in {directory} (it must be on ext4 or xfs, and the kernel "
            f"needs the module overlay): point MITATE_LAB to a directory on a local disk."
        ) from error
    finally:
        shutil.rmtree(probe, ignore_errors=True)


def require_room(directory: Path, *, building: bool, fakes: int = 0) -> None:
    """LabError unless memory, and disk for a build, suffice. fakes: the number of fake computes."""
    free = available_memory() / 2**30
    needed = _MEMORY_GB + fakes * _MEMORY_GB_FAKE
    if free < needed:
        raise LabError(
            f"The practice cloud needs about {needed:g} GB of memory; {free:.1f} GB are available here."
        )
    disk = shutil.disk_usage(directory).free / 2**30
    if building and disk < _DISK_GB:
        raise LabError(f"Building the lab needs {_DISK_GB} GB of disk; {directory} has {disk:.1f} GB left.")


def require_watches(hosts: int) -> None:
    """LabError unless root may have as many inotify instances as that many hosts take (inotify(7)).

    All hosts' root is the machine's root, and systemd and its like hold some on each.
    """
    limit = int(Path("/proc/sys/fs/inotify/max_user_instances").read_text(encoding="ascii"))
    needed = _watchers() + hosts * _WATCHERS_PER_HOST
    if needed > limit:
        raise LabError(
            f"{hosts} hosts need {needed} inotify instances, this machine allows {limit}: "
            f"run `sysctl -w fs.inotify.max_user_instances={max(1024, needed)}`."
        )


def _watchers() -> int:
    """The inotify instances that root's processes have now."""
    found = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if process.stat().st_uid == 0:
                opened = (str(entry.readlink()) for entry in (process / "fd").iterdir())
                found += sum(target == "anon_inode:inotify" for target in opened)
        except OSError:  # it ended meanwhile
            continue
    return found


def available_memory() -> int:
    """Bytes of memory that a new program could have (MemAvailable of proc_meminfo(5))."""
    for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return 0


def cgroup_root() -> Path:
    """Where cgroup v2 is mounted (`/sys/fs/cgroup`, or beside the v1 ones). LabError without it."""
    for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
        fields, _, rest = line.partition(" - ")
        if rest.split(" ", 1)[0] == "cgroup2":
            return Path(fields.split(" ")[4])
    raise LabError(
        "No cgroup v2 hierarchy is mounted: run `mkdir -p /sys/fs/cgroup/unified && "
        "mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified`."
    )


def mirrors(suite: str) -> tuple[str, str | None]:
    """The machine's own Debian archive, and security archive if it has one, as apt knows them.

    An archive holds all suites, so a machine of another Debian release will do too. LabError without any.
    """
    known = _index_targets()
    if not known:
        run(["apt-get", "update", "-q"], timeout=300)
        known = _index_targets()
    archive = _choose(known, [suite]) or _choose([k for k in known if "-" not in k[1]], None)
    if archive is None:
        raise LabError("apt on this machine knows no Debian archive: add one to /etc/apt/sources.list.d.")
    security = _choose(known, [f"{suite}-security"]) or _choose(
        [k for k in known if k[1].endswith("-security")], None
    )
    return archive, security


def _index_targets() -> list[tuple[str, str]]:
    wanted = "$(ORIGIN)|$(COMPONENT)|$(REPO_URI)|$(CODENAME)"
    out = run(["apt-get", "indextargets", "--format", wanted, "Created-By: Packages"])
    rows = [line.split("|") for line in out.splitlines()]
    return [(row[2], row[3]) for row in rows if len(row) == 4 and row[:2] == ["Debian", "main"]]


def _choose(known: list[tuple[str, str]], suites: list[str] | None) -> str | None:
    return next((uri for uri, suite in known if suites is None or suite in suites), None)
