"""Differences as the check-up tells them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mitate.analyze.check import Problem
from mitate.analyze.drift.options import by_subject
from mitate.model.diagnosis import Severity
from mitate.model.drift import Difference
from mitate.model.host import ConfigFile, ConfigOption
from mitate.model.snapshot import Snapshot
from mitate.model.source import Gap

TOLD = 3
"""Differences of one subject told in full; ``mitate drift`` tells all."""
WITHOUT_TIMES = "it was recorded without the times of files and without digests"


def problems(found: Iterable[Difference]) -> Iterator[Problem]:
    """One for each subject; what alarms nobody is left to ``mitate drift``."""
    alarming = [each for each in found if each.severity is not Severity.INFO]
    for same in by_subject(alarming):
        more = f"; and {len(same) - TOLD} more" if len(same) > TOLD else ""
        yield Problem(
            subject=same[0].subject,
            says="; ".join(each.says for each in same[:TOLD]) + more,
            seen=tuple(dict.fromkeys(piece for each in same[:TOLD] for piece in each.evidence)),
            since=min((each.since for each in same if each.since), default=None),
            fix=same[0].fix,
            severity=max((each.severity for each in same), key=lambda severity: severity.rank),
        )


def untimed(snapshot: Snapshot) -> Iterator[Gap]:
    """Hosts whose options are known, but not when their files were changed."""
    timed = {each.source.host for each in snapshot.all(ConfigFile)}
    hosts = dict.fromkeys(each.source.host for each in snapshot.all(ConfigOption))
    for host in hosts:
        if host not in timed:
            yield Gap(host, "configuration", WITHOUT_TIMES, ("ConfigFile",))
