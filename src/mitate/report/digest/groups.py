"""Findings and gaps in groups, so that twenty-three lines of one kind are one line with a count."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import msgspec

from mitate.model.diagnosis import Diagnosis, Finding
from mitate.model.source import Gap


class Kin(msgspec.Struct, frozen=True):
    """Findings of one check, in their order."""

    check: str
    findings: tuple[Finding, ...]

    @property
    def names(self) -> list[str]:
        return [finding.subject.name for finding in self.findings]


class Unseen(msgspec.Struct, frozen=True):
    """Places where the same things went unseen for the same reason."""

    where: tuple[str, ...]
    what: tuple[str, ...]
    why: str


def kin(findings: Iterable[Finding]) -> list[Kin]:
    """By check; the most frequent first, else in the order they came."""
    groups: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        groups[finding.check].append(finding)
    found = [Kin(check, tuple(members)) for check, members in groups.items()]
    return sorted(found, key=lambda group: -len(group.findings))


def unseen(diagnosis: Diagnosis) -> list[Unseen]:
    """All gaps of a diagnosis, those that its checks name first; each once."""
    named = (gap for outcome in diagnosis.outcomes for gap in outcome.unknown_because)
    return _together(dict.fromkeys([*named, *diagnosis.gaps]))


def _together(gaps: Iterable[Gap]) -> list[Unseen]:
    by_place: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for gap in gaps:
        by_place[gap.where, gap.why][gap.what] = None
    alike: dict[tuple[tuple[str, ...], str], list[str]] = defaultdict(list)
    for (where, why), what in by_place.items():
        alike[tuple(what), why].append(where)
    return [Unseen(tuple(where), what, why) for (what, why), where in alike.items()]


def speechless(diagnosis: Diagnosis) -> list[str]:
    """Ids of the checks that could not see enough, in their order."""
    return [outcome.check for outcome in diagnosis.outcomes if outcome.unknown_because]
