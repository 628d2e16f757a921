"""Configuration that no running process has read."""

from __future__ import annotations

from collections.abc import Iterator

from mitate.analyze.check import Problem, walk_check
from mitate.analyze.drift.problems import problems, untimed
from mitate.analyze.drift.stale import configuration_newer
from mitate.model.diagnosis import Severity
from mitate.model.host import ConfigFile, Process
from mitate.model.snapshot import Snapshot
from mitate.model.source import Gap


@walk_check(ConfigFile, Process, severity=Severity.WARNING)
def config_newer_than_process(snapshot: Snapshot) -> Iterator[Problem | Gap | str]:
    """A service runs with an older configuration than its files hold.

    What it means
        A configuration file, or a certificate or other file that it names, was changed after the service was
        started. What the file says is not what is in force, and will be at the next restart, wanted or not.
    Why it happens
        Somebody changed it and forgot the restart, or waits for the right moment; configuration management
        that writes without notifying; a renewed certificate. Where another service that reads the same file
        was started since, whoever changed it may have known which need it: `mitate drift` tells it, and this
        check is silent. A few options are taken up on SIGHUP without a restart; that cannot be seen.
    Look again
        ls -l --time-style=full-iso FILE; systemctl show -p ActiveEnterTimestamp UNIT
    Fix
        Look at what was changed, then restart the service.
    """
    yield from problems(configuration_newer(snapshot))
    yield from untimed(snapshot)
