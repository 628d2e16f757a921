from __future__ import annotations

from collections.abc import Sequence

from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.fixes import on
from mitate.analyze.subjects import filesystem_subject
from mitate.analyze.words import listed
from mitate.model.diagnosis import Severity
from mitate.model.host import Filesystem

FULL, FILLING = 0.98, 0.90
LITTLE_KB = 200 * 1024
"""Less than this is too little for one image, one log rotation, one database page cache to spill."""
LARGE_KB = 4 * LITTLE_KB
"""Smaller file systems may live with less than LITTLE_KB for ever."""

READ_ONLY = ("squashfs", "iso9660", "udf", "erofs", "cramfs", "romfs")
PSEUDO = ("tmpfs", "devtmpfs", "ramfs", "efivarfs", "proc", "sysfs", "cgroup2", "nsfs", "fuse.lxcfs")
"""Full by nature, or not made for data; a tmpfs counts where a service keeps its files on it."""

SYSTEM = ("/", "/var", "/var/lib", "/var/log", "/tmp", "/var/tmp")  # noqa: S108 - names to compare with


@check(Filesystem, severity=Severity.CRITICAL)
def filesystem_full(filesystems: Sequence[Filesystem]) -> Problems:
    """A file system that services live on is full, or nearly.

    What it means
        Full: writes fail. A compute cannot start servers or fetch images, and running servers pause or
        lose writes; the broker stops taking messages; a database stops. Inodes can run out while space is
        left.
    Why it happens
        Images in the cache (_base), disks of servers grown beyond what was promised, logs that nobody
        rotates, core dumps, binary logs of the database.
    Look again
        df -h PATH; df -i PATH
        du -xh --max-depth=2 PATH | sort -h | tail
    Fix
        Make room: rotate or remove old logs, let Nova remove unused base images, move servers away, or
        enlarge the file system. The services mostly recover by themselves; a broker may need a restart.
    """
    for fs in filesystems:
        if not _counts(fs):
            continue
        space = _used(fs.used_kb, fs.available_kb)
        inodes = (
            _used(fs.inodes - fs.inodes_free, fs.inodes_free)
            if fs.inodes and fs.inodes_free is not None
            else 0
        )
        little = fs.available_kb < LITTLE_KB and fs.size_kb >= LARGE_KB
        worst = max(space, inodes)
        if worst < FILLING and not little:
            continue
        host = fs.source.host
        full = worst >= FULL or little
        how = "full" if full else "filling up"
        what = "inodes" if inodes > space and not little else "space"
        lives = f"; on it: {listed(sorted(fs.paths))}" if fs.paths else ""
        yield Problem(
            subject=filesystem_subject(host, fs.mount),
            says=f"{fs.mount} on {host} is {how}: {worst:.0%} of its {what} is used, "
            f"{_size(fs.available_kb)} left{lives}",
            seen=(fs,),
            severity=Severity.CRITICAL if full and fs.paths else Severity.WARNING,
            fix=(on(host, "du", "-xh", "--max-depth=2", fs.mount),),
        )


def _counts(fs: Filesystem) -> bool:
    if fs.type in READ_ONLY or fs.size_kb <= 0:
        return False
    if fs.type in PSEUDO:
        return bool(fs.paths)
    if fs.type in ("overlay", "aufs") and fs.mount != "/":
        return False  # the root of a container: it lives on another file system of this host
    return bool(fs.paths) or fs.mount in SYSTEM


def _used(used: int, free: int) -> float:
    """As df says it: of what may be used at all, without what is kept back for root."""
    return used / (used + free) if used + free > 0 else 0.0


def _size(kb: int) -> str:
    return f"{kb / 1024**2:.1f} GB" if kb >= 1024**2 else f"{kb // 1024} MB"
