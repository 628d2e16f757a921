"""How a check is written, found and run.

A check is a generator function in ``analyze/checks/ID.py`` whose file, function and id are one name, which
states the bad thing. It declares the classes of facts it reads and receives exactly those, in that order::

    @check(NetworkAgent, Process, severity=Severity.CRITICAL)
    def agent_process_frozen(
        agents: Sequence[NetworkAgent], processes: Sequence[Process]
    ) -> Iterator[Problem]:
        '''One sentence that says the bad thing.

        What it means
            …
        Why it happens
            …
        Look again
            …
        Fix
            …
        '''

Its docstring is its page in the manual, with those four headings.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import Any, TypeVar, overload

import msgspec

from mitate.model.diagnosis import Confidence, Evidence, Finding, Outcome, Severity, Subject
from mitate.model.snapshot import Snapshot
from mitate.model.source import Fact, Gap

HEADINGS = ("What it means", "Why it happens", "Look again", "Fix")


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """What a check yields. seen: the facts that prove it, or a ready Evidence where only part of a fact does.

    severity, symptom: where they differ from the check's own. fix: commands a person would type.
    """

    subject: Subject
    says: str
    seen: tuple[Fact | Evidence, ...]
    since: datetime | None = None
    severity: Severity | None = None
    confidence: Confidence = Confidence.CONFIRMED
    fix: tuple[str, ...] = ()
    symptom: bool | None = None


Problems = Iterator[Problem]


class Check(msgspec.Struct, frozen=True):
    """needs: fact classes without which the check cannot say OK. helps: classes that only add evidence.

    symptom: it sees that something fails, not why; ``causes`` looks for a better explanation first.
    whole: how many of the first needs must have been seen everywhere, because the check concludes from what
    is missing among them: with a gap there it finds nothing, and is UNKNOWN.
    """

    id: str
    needs: tuple[type[Fact], ...]
    helps: tuple[type[Fact], ...]
    severity: Severity
    symptom: bool
    find: Callable[..., Iterable[Problem]]
    walks: bool = False
    """It walks packets: it receives the whole snapshot, and may yield a Gap (unseen) or a note (str) too."""
    whole: int = 0

    @property
    def title(self) -> str:
        return self.manual.split("\n", 1)[0]

    @property
    def manual(self) -> str:
        """The docstring, dedented: the page that ``mitate explain ID`` shows."""
        import inspect  # noqa: PLC0415 - slow to import, and only the manual needs it

        return inspect.getdoc(self.find) or ""

    def run(self, snapshot: Snapshot) -> Outcome:
        """PROBLEM with findings, else UNKNOWN when a needed fact is missing somewhere, else OK."""
        if self.walks:
            return self._walked(snapshot)
        blind = any(snapshot.blind(kind) for kind in self.needs[: self.whole])
        found = () if blind else self.find(*(snapshot.all(kind) for kind in (*self.needs, *self.helps)))
        findings = {finding.key: finding for finding in map(self._finding, found)}
        unseen = {gap: None for kind in self.needs for gap in snapshot.blind(kind)}
        return Outcome(self.id, tuple(findings.values()), tuple(unseen))

    def _walked(self, snapshot: Snapshot) -> Outcome:
        findings: dict[object, Finding] = {}
        unseen: dict[Gap, None] = {gap: None for kind in self.needs for gap in snapshot.blind(kind)}
        notes: list[str] = []
        for each in self.find(snapshot):
            if isinstance(each, Problem):
                finding = self._finding(each)
                findings[finding.key] = finding
            elif isinstance(each, Gap):
                unseen[each] = None
            else:
                notes.append(str(each))
        return Outcome(self.id, tuple(findings.values()), tuple(unseen), tuple(notes))

    def _finding(self, problem: Problem) -> Finding:
        return Finding(
            check=self.id,
            severity=problem.severity or self.severity,
            subject=problem.subject,
            says=problem.says,
            evidence=tuple(e if isinstance(e, Evidence) else Evidence.of(e) for e in problem.seen),
            since=problem.since,
            symptom=self.symptom if problem.symptom is None else problem.symptom,
            fix=problem.fix,
            confidence=problem.confidence,
        )


A = TypeVar("A", bound=Fact)
B = TypeVar("B", bound=Fact)
C = TypeVar("C", bound=Fact)
D = TypeVar("D", bound=Fact)
E = TypeVar("E", bound=Fact)
G = TypeVar("G", bound=Fact)
S = Sequence


@overload
def check(
    a: type[A], /, *, severity: Severity, helps: int = 0, symptom: bool = False, whole: int = 0
) -> Callable[[Callable[[S[A]], Problems]], Check]: ...
@overload
def check(
    a: type[A], b: type[B], /, *, severity: Severity, helps: int = 0, symptom: bool = False, whole: int = 0
) -> Callable[[Callable[[S[A], S[B]], Problems]], Check]: ...
@overload
def check(
    a: type[A],
    b: type[B],
    c: type[C],
    /,
    *,
    severity: Severity,
    helps: int = 0,
    symptom: bool = False,
    whole: int = 0,
) -> Callable[[Callable[[S[A], S[B], S[C]], Problems]], Check]: ...
@overload
def check(
    a: type[A],
    b: type[B],
    c: type[C],
    d: type[D],
    /,
    *,
    severity: Severity,
    helps: int = 0,
    symptom: bool = False,
    whole: int = 0,
) -> Callable[[Callable[[S[A], S[B], S[C], S[D]], Problems]], Check]: ...
@overload
def check(
    a: type[A],
    b: type[B],
    c: type[C],
    d: type[D],
    e: type[E],
    /,
    *,
    severity: Severity,
    helps: int = 0,
    symptom: bool = False,
    whole: int = 0,
) -> Callable[[Callable[[S[A], S[B], S[C], S[D], S[E]], Problems]], Check]: ...
@overload
def check(
    a: type[A],
    b: type[B],
    c: type[C],
    d: type[D],
    e: type[E],
    g: type[G],
    /,
    *,
    severity: Severity,
    helps: int = 0,
    symptom: bool = False,
    whole: int = 0,
) -> Callable[[Callable[[S[A], S[B], S[C], S[D], S[E], S[G]], Problems]], Check]: ...
def check(
    *kinds: type[Fact], severity: Severity, helps: int = 0, symptom: bool = False, whole: int = 0
) -> Any:
    """Make a check of a generator function that receives a sequence of each of ``kinds``.

    helps: how many of the last kinds only add evidence: that they could not be seen does not make it UNKNOWN.
    whole: how many of the first kinds it needs without any gap.
    """
    needs, extra = kinds[: len(kinds) - helps], kinds[len(kinds) - helps :]

    def make(find: Callable[..., Iterable[Problem]]) -> Check:
        return Check(find.__name__, needs, extra, severity, symptom, find, whole=whole)

    return make


def walk_check(
    *needs: type[Fact], severity: Severity, symptom: bool = False
) -> Callable[[Callable[[Snapshot], Iterator[Problem | Gap | str]]], Check]:
    """Make a check of a generator function that walks packets through the snapshot. What it yields beside
    problems: a Gap for what it could not see, a str for what a reader should know (a part was walked)."""

    def make(find: Callable[[Snapshot], Iterator[Problem | Gap | str]]) -> Check:
        return Check(find.__name__, needs, (), severity, symptom, find, walks=True)  # type: ignore[arg-type]

    return make


@cache
def all_checks() -> tuple[Check, ...]:
    """Every check of ``analyze/checks``, found by path, in the order of their ids."""
    package = importlib.import_module("mitate.analyze.checks")
    names = sorted(info.name for info in pkgutil.iter_modules(package.__path__))
    return tuple(getattr(importlib.import_module(f"{package.__name__}.{name}"), name) for name in names)


def run_checks(snapshot: Snapshot, checks: Iterable[Check] | None = None) -> tuple[Outcome, ...]:
    return tuple(check.run(snapshot) for check in (all_checks() if checks is None else checks))
