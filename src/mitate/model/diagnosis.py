"""What was concluded: findings, the outcome of every check, and causes in the order to deal with them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

import msgspec

from mitate.model.source import Fact, Gap


class Severity(StrEnum):
    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for info … 2 for critical."""
        return list(Severity).index(self)


class State(StrEnum):
    """What a check came to. UNKNOWN is an outcome of its own: could not look is not fine, and not broken."""

    PROBLEM = "PROBLEM"
    OK = "OK"
    UNKNOWN = "UNKNOWN"


class Confidence(StrEnum):
    """How sure: proved by what was seen on both sides > confirmed by a second view > predicted from state
    alone > inferred with data missing."""

    PROVED = "proved"
    CONFIRMED = "confirmed"
    PREDICTED = "predicted"
    INFERRED = "inferred"


class Subject(msgspec.Struct, frozen=True, order=True):
    """What a finding is about. name: as an operator would say it. host: where it lives, "" if nowhere.

    Ids by kind: host NAME · service and agent BINARY@HOST · endpoint TYPE/INTERFACE · filesystem HOST:MOUNT ·
    config HOST:FILE[SECTION] · zone, upgrade_check: their name · server, port, network, router, floating_ip,
    flavor, provider, aggregate: their UUID or id.
    """

    kind: str
    id: str
    name: str
    host: str = ""


class Evidence(msgspec.Struct, frozen=True):
    """One thing seen. excerpt: the words that prove it."""

    host: str
    asked: str
    at: datetime
    excerpt: str

    @classmethod
    def of(cls, fact: Fact, excerpt: str = "") -> Evidence:
        return cls(fact.source.host, fact.source.asked, fact.source.at, excerpt or fact.brief())


class Finding(msgspec.Struct, frozen=True):
    """A problem of one subject. says: one sentence. since: when it began, if that can be told.

    Raises ValueError without evidence: no evidence, no finding.
    """

    check: str
    severity: Severity
    subject: Subject
    says: str
    evidence: tuple[Evidence, ...]
    since: datetime | None = None
    symptom: bool = False
    """True: the check sees that something fails, not why; another finding may explain it."""
    fix: tuple[str, ...] = ()
    """Commands that would mend it, one per line, for a person to read first."""
    confidence: Confidence = Confidence.CONFIRMED

    def __post_init__(self) -> None:
        if not self.evidence:
            raise ValueError(f"{self.check}: a finding about {self.subject.name} without evidence")

    @property
    def key(self) -> tuple[str, str, str]:
        """The same fault has the same key from one run to the next."""
        return (self.check, self.subject.kind, self.subject.id)


class Outcome(msgspec.Struct, frozen=True):
    """What one check came to; ``unknown_because`` names what it could not see, also beside findings."""

    check: str
    findings: tuple[Finding, ...] = ()
    unknown_because: tuple[Gap, ...] = ()
    notes: tuple[str, ...] = ()
    """What a reader should know of how it was looked: only a part of what there is was walked, say."""

    @property
    def state(self) -> State:
        if self.findings:
            return State.PROBLEM
        return State.UNKNOWN if self.unknown_because else State.OK


class Remediation(msgspec.Struct, frozen=True):
    id: str
    summary: str
    commands: tuple[str, ...] = ()


class Cause(msgspec.Struct, frozen=True):
    """A finding that nothing else explains, with the findings that it explains."""

    rank: int
    finding: Finding
    why_first: str
    explains: tuple[Finding, ...] = ()
    remediation: Remediation | None = None


class Diagnosis(msgspec.Struct, frozen=True):
    """The answer of ``mitate check``. asked: API requests and host connections that it cost."""

    cloud: str
    taken_at: datetime
    took_s: float
    causes: tuple[Cause, ...]
    outcomes: tuple[Outcome, ...]
    gaps: tuple[Gap, ...] = ()
    api_requests: int = 0
    hosts_asked: int = 0

    def problems(self, at_least: Severity = Severity.WARNING) -> list[Finding]:
        """All findings of that severity or above, causes and what they explain."""
        return [f for o in self.outcomes for f in o.findings if f.severity.rank >= at_least.rank]


def count(findings: Iterable[Finding], severity: Severity) -> int:
    return sum(finding.severity is severity for finding in findings)
