"""One host with another version."""

from __future__ import annotations

from collections.abc import Iterator

from mitate.analyze.check import Problem, walk_check
from mitate.analyze.drift.packages import packages_that_differ
from mitate.analyze.drift.problems import problems
from mitate.model.change import Package
from mitate.model.diagnosis import Severity
from mitate.model.snapshot import Snapshot
from mitate.model.source import Gap


@walk_check(Package, severity=Severity.WARNING)
def package_differs_among_equals(snapshot: Snapshot) -> Iterator[Problem | Gap | str]:
    """A host has another version of a package than the other hosts.

    What it means
        Hosts of one operating system have the same package in different versions: OpenStack's own, or one
        that it leans on (libvirt, qemu, Open vSwitch, oslo libraries). Of two hosts the one where it was
        installed last is named. Packages that are missing somewhere are no difference.
    Why it happens
        An upgrade that is under way or was broken off, a downgrade by hand, another repository on one host.
        Where more than a fifth of five or more hosts have it otherwise, it is an upgrade under way: told by
        `mitate drift`, and not here.
    Look again
        dpkg-query -W PACKAGE; apt-cache policy PACKAGE; grep PACKAGE /var/log/dpkg.log
        rpm -q --last PACKAGE
    Fix
        Install the version that the other hosts have, and restart what uses it.
    """
    yield from problems(packages_that_differ(snapshot))
