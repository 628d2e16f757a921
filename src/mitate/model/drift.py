"""What drifted apart, and what was changed when: the answer of ``mitate drift``."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from mitate.model.diagnosis import Evidence, Severity, State, Subject
from mitate.model.source import Gap

HIDDEN = "(not told)"
"""Stands for a value that is compared by its digest alone."""
UNSET = "(not set)"
"""Stands for an option that no file sets, of which the default is not known or differs by host."""


class Kind(StrEnum):
    """option, package: differs among equals, or from an earlier look. secret: two places that must hold the
    same. name: an option that no release knows by that name. stale: runs with what was replaced since."""

    OPTION = "option"
    SECRET = "secret"  # noqa: S105 - a word
    PACKAGE = "package"
    NAME = "name"
    STALE = "stale"


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is not as it should be beside its equals.

    check: the check that tells the same. what: the option with its section, the package, the file. here,
    there: the value, and what the equals have (HIDDEN, UNSET). where: file and line, "" where in no file.
    hosts: those that have it so. equals: those that were compared, hosts included. since: when it became so.
    """

    kind: Kind
    check: str
    severity: Severity
    subject: Subject
    what: str
    says: str
    here: str = ""
    there: str = ""
    where: str = ""
    service: str = ""
    hosts: tuple[str, ...] = ()
    equals: tuple[str, ...] = ()
    since: datetime | None = None
    evidence: tuple[Evidence, ...] = ()
    fix: tuple[str, ...] = ()


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was changed, or began anew. kind: configuration, package, restart, reboot, session, api.

    options: names of the options of a file that differ from its equals, if it is one.
    """

    at: datetime
    host: str
    kind: str
    says: str
    options: tuple[str, ...] = ()


class FirstError(msgspec.Struct, frozen=True):
    """The first thing that was seen to fail. before: the changes that came before it, the nearest first."""

    at: datetime
    host: str
    says: str
    before: tuple[Change, ...] = ()


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """earlier: when the recording was taken that it is compared with; None when equals are compared alone.

    notes: options that the release does not know, or that are deprecated: no drift, but worth knowing.
    changes: by time, of the time asked for.
    """

    cloud: str
    taken_at: datetime
    earlier: datetime | None = None
    took_s: float = 0.0
    differences: tuple[Difference, ...] = ()
    notes: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    first_error: FirstError | None = None
    gaps: tuple[Gap, ...] = ()
    hosts_asked: int = 0
    compared: int = 0
    """Lines of configuration that were read."""

    @property
    def state(self) -> State:
        """PROBLEM with a difference that alarms, else UNKNOWN where a host was not seen whole, else OK."""
        if any(each.severity is not Severity.INFO for each in self.differences):
            return State.PROBLEM
        blind = any(
            set(gap.kinds) & {"ConfigOption", "ConfigFile", "Package", "Process"} for gap in self.gaps
        )
        return State.UNKNOWN if blind else State.OK
