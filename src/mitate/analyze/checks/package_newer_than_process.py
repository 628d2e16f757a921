"""Code and libraries that were replaced under a running service."""

from __future__ import annotations

from collections.abc import Iterator

from mitate.analyze.check import Problem, walk_check
from mitate.analyze.drift.problems import problems
from mitate.analyze.drift.stale import packages_newer
from mitate.model.change import DeletedFile, Package
from mitate.model.diagnosis import Severity
from mitate.model.host import Process
from mitate.model.snapshot import Snapshot
from mitate.model.source import Gap


@walk_check(Package, DeletedFile, Process, severity=Severity.WARNING)
def package_newer_than_process(snapshot: Snapshot) -> Iterator[Problem | Gap | str]:
    """A service runs with code or libraries that were replaced since it started.

    What it means
        The package of the service was upgraded or downgraded while it ran, or a library that it has loaded
        is gone from the disk. It still runs the old code, without the fix that was installed, and may load a
        mixture of old and new.
    Why it happens
        An upgrade without a restart: unattended upgrades, a package held back from restarting its service, a
        library such as OpenSSL that others use. Services in containers are left out.
    Look again
        ls -l --time-style=full-iso /var/lib/dpkg/info/PACKAGE.list; grep deleted /proc/PID/maps
        needrestart -r l
    Fix
        Restart the service.
    """
    yield from problems(packages_newer(snapshot))
