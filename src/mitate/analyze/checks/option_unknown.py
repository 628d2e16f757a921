"""A misspelt option is passed over in silence."""

from __future__ import annotations

from collections.abc import Iterator

from mitate.analyze.check import Problem, walk_check
from mitate.analyze.drift.names import unknown_options, unread
from mitate.analyze.drift.problems import problems
from mitate.model.change import Package
from mitate.model.diagnosis import Severity
from mitate.model.host import ConfigOption
from mitate.model.snapshot import Snapshot
from mitate.model.source import Gap


@walk_check(ConfigOption, Package, severity=Severity.WARNING)
def option_unknown(snapshot: Snapshot) -> Iterator[Problem | Gap | str]:
    """An option is misspelt, or stands in the wrong section: the service does not see it.

    What it means
        oslo.config reads the options that a service registers, and says nothing of others. What stands
        there has no effect, and the default is in force.
    Why it happens
        A slip of the pen, a section that was forgotten above the line, an option of another release. Only
        names that are nearly those of the release, or that belong into another section, are told here; other
        unknown and deprecated options are notes of `mitate drift`.
    Look again
        oslo-config-validator --config-file FILE --opt-data DATA
        mitate drift --cloud NAME
    Fix
        Write the option as the release knows it, and restart the service. Which release it is, the installed
        packages tell; where none does, or it is one that this mitate has no data of, it is unknown.
    """
    slips, _ = unknown_options(snapshot)
    yield from problems(slips)
    for host, project in unread(snapshot):
        yield Gap(host, "packages", f"which release of {project} it is, is not known", ("Package",))
