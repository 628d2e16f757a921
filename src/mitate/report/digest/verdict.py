"""What a diagnosis comes to as a whole, and how that is said in one sentence."""

from __future__ import annotations

from mitate.model.diagnosis import Cause, Diagnosis, Severity, State
from mitate.report.digest.words import clean, count

MARK = {State.OK: "✔", State.PROBLEM: "✘", State.UNKNOWN: "?"}
"""A sign for each verdict, for where colour may be missing."""


def verdict(diagnosis: Diagnosis, fail_on: Severity = Severity.WARNING) -> State:
    """PROBLEM: something at or above ``fail_on`` was found. UNKNOWN: nothing was, but it might hide.

    It might hide where a check names something it could not see, even beside lesser findings of its own, and
    where no check ran at all. A gap that kept no check from its answer does not count.
    """
    if diagnosis.problems(fail_on):
        return State.PROBLEM
    if not diagnosis.outcomes or any(outcome.unknown_because for outcome in diagnosis.outcomes):
        return State.UNKNOWN
    return State.OK


def worst(diagnosis: Diagnosis) -> Severity | None:
    """The highest severity of all findings, None when there is none."""
    found = {finding.severity for outcome in diagnosis.outcomes for finding in outcome.findings}
    return max(found, key=lambda severity: severity.rank, default=None)


def alarming(diagnosis: Diagnosis, fail_on: Severity) -> list[Cause]:
    """The causes at or above ``fail_on``, and those that explain such a finding, in rank order."""
    return [
        cause
        for cause in diagnosis.causes
        if any(finding.severity.rank >= fail_on.rank for finding in (cause.finding, *cause.explains))
    ]


def headline(diagnosis: Diagnosis, fail_on: Severity = Severity.WARNING) -> str:
    """The verdict in one sentence, without the name of the cloud."""
    match verdict(diagnosis, fail_on):
        case State.PROBLEM:
            return _blame(len(alarming(diagnosis, fail_on)), len(diagnosis.problems(fail_on)))
        case State.UNKNOWN:
            return f"Nothing wrong was seen, but {_blind(diagnosis)}."
        case State.OK:
            notes = count(len(diagnosis.causes), "note")
            return f"Nothing is wrong, {notes}." if diagnosis.causes else "Nothing is wrong."


def _blame(causes: int, problems: int) -> str:
    if problems <= causes or not causes:
        return f"{count(problems, 'problem')} found{'' if problems == 1 else ', none explained by another'}."
    return f"{count(causes, 'cause explains', 'causes explain')} {count(problems, 'problem')}."


def _blind(diagnosis: Diagnosis) -> str:
    if not diagnosis.outcomes:
        return "no check ran"
    blind = sum(bool(outcome.unknown_because) for outcome in diagnosis.outcomes)
    return f"{blind:,} of {count(len(diagnosis.outcomes), 'check')} could not see enough to say"


def cost(diagnosis: Diagnosis) -> str:
    """What the look cost: 2.1 s, 23 API requests, 6 hosts."""
    return ", ".join(
        (
            f"{diagnosis.took_s:.1f} s",
            count(diagnosis.api_requests, "API request"),
            count(diagnosis.hosts_asked, "host"),
        )
    )


def tally(diagnosis: Diagnosis) -> str:
    """How the checks came out: 62 checks: 3 with findings, 1 UNKNOWN, 58 OK."""
    states = [outcome.state for outcome in diagnosis.outcomes]
    if set(states) == {State.OK}:
        return f"{count(len(states), 'check')}, all OK"
    words = {State.PROBLEM: "with findings", State.UNKNOWN: "UNKNOWN", State.OK: "OK"}
    parts = [f"{states.count(state)} {word}" for state, word in words.items() if state in states]
    return f"{count(len(states), 'check')}: {', '.join(parts)}" if parts else "no check ran"


def aside(diagnosis: Diagnosis) -> str:
    """What to know of how the checks looked, in one line: a sample was walked, say. Empty when nothing."""
    told = (
        f"{clean(outcome.check, 80)}: {clean('; '.join(outcome.notes), 400)}"
        for outcome in diagnosis.outcomes
        if outcome.notes
    )
    return " · ".join(told)
