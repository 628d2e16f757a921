"""What every format says alike."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mitate.model.diagnosis import Diagnosis, Evidence, Finding, Outcome, Severity, State, Subject
from mitate.model.source import Gap
from mitate.report.digest.groups import kin, speechless, unseen
from mitate.report.digest.verdict import alarming, headline, tally, verdict, worst
from mitate.report.digest.words import clean, clean_lines, lasting, moment, stamp

NOW = datetime(2026, 11, 22, 13, 28, tzinfo=UTC)
FORBIDDEN = {
    *map(chr, range(32)),
    *map(chr, range(0x7F, 0xA0)),
    "\u202e",
    "\u2066",
    "\u200b",
    "\u2028",
    "\ud800",
}


def diagnosis(*outcomes: Outcome) -> Diagnosis:
    return Diagnosis("c", NOW, 1.0, (), outcomes, ())


def outcome(severity: Severity | None = None, blind: bool = False) -> Outcome:
    found: tuple[Finding, ...] = ()
    if severity:
        found = (Finding("x", severity, Subject("host", "h", "h"), "bad", (Evidence("h", "q", NOW, "e"),)),)
    return Outcome("x", found, (Gap("h", "w", "y"),) if blind else ())


@pytest.mark.parametrize(
    ("outcomes", "fail_on", "state"),
    [
        ([outcome()], "warning", State.OK),
        ([outcome(Severity.WARNING)], "warning", State.PROBLEM),
        ([outcome(Severity.CRITICAL), outcome(blind=True)], "warning", State.PROBLEM),
        ([outcome(Severity.WARNING)], "critical", State.OK),
        ([outcome(Severity.INFO)], "warning", State.OK),
        ([outcome(Severity.INFO)], "info", State.PROBLEM),
        ([outcome(), outcome(blind=True)], "warning", State.UNKNOWN),
        ([outcome(Severity.WARNING, blind=True)], "critical", State.UNKNOWN),
        ([], "warning", State.UNKNOWN),
    ],
)
def test_the_verdict(outcomes: list[Outcome], fail_on: str, state: State) -> None:
    """A problem outweighs what went unseen; without one, whatever a check could not see makes it UNKNOWN."""
    assert verdict(diagnosis(*outcomes), Severity(fail_on)) is state


def test_a_gap_that_no_check_needed_is_no_reason_to_doubt(healthy: Diagnosis) -> None:
    beside = Diagnosis("c", NOW, 1.0, (), healthy.outcomes, (Gap("h", "a tool", "not installed"),))
    assert verdict(beside) is State.OK


def test_the_headline(broken: Diagnosis, healthy: Diagnosis, unseen: Diagnosis, noted: Diagnosis) -> None:
    assert headline(broken) == "2 causes explain 25 problems."
    assert headline(broken, Severity.CRITICAL) == "1 cause explains 2 problems."
    assert headline(healthy) == "Nothing is wrong."
    assert headline(noted) == "Nothing is wrong, 1 note."
    assert headline(noted, Severity.INFO) == "1 problem found."
    assert headline(unseen) == "Nothing wrong was seen, but 1 of 4 checks could not see enough to say."
    assert headline(diagnosis()) == "Nothing wrong was seen, but no check ran."


def test_the_tally(broken: Diagnosis, healthy: Diagnosis) -> None:
    assert tally(broken) == "8 checks: 4 with findings, 1 UNKNOWN, 3 OK"
    assert tally(healthy) == "57 checks, all OK"
    assert worst(broken) is Severity.CRITICAL
    assert worst(healthy) is None


def test_a_mild_cause_alarms_when_what_it_explains_does(broken: Diagnosis) -> None:
    assert [cause.rank for cause in alarming(broken, Severity.CRITICAL)] == [1]


def test_gaps_of_one_kind_are_one_group(broken: Diagnosis) -> None:
    groups = unseen(broken)
    assert [(g.where, g.what, g.why) for g in groups] == [
        (("compute2", "compute3"), ("journal", "iptables"), "permission denied"),
        (("api",), ("quotas",), "HTTP 403"),
    ]
    assert speechless(broken) == ["logs_unread"]


def test_findings_of_one_check_are_one_group(broken: Diagnosis) -> None:
    groups = kin(reversed(broken.causes[0].explains))
    assert [(group.check, len(group.findings)) for group in groups] == [
        ("port_down", 22),
        ("server_unreachable", 1),
    ]


@given(st.text(st.characters(categories=("L", "Cc", "Cf", "Cs", "Zl", "Zs", "So"))), st.integers(2, 50))
def test_clean_is_one_line_of_visible_characters(text: str, limit: int) -> None:
    said = clean(text, limit)
    assert len(said) <= limit
    assert not FORBIDDEN & set(said)


@given(st.text(), st.integers(1, 5), st.integers(2, 50))
def test_clean_lines_are_bounded(text: str, most: int, limit: int) -> None:
    lines = clean_lines(text, most, limit)
    assert len(lines) <= most
    assert all(line.strip() and len(line) <= limit and not FORBIDDEN & set(line) for line in lines)


@pytest.mark.parametrize(
    "text", ["\x1b]" * 200_000, "\x1b[" * 200_000, "\x1b[" + "1;" * 200_000, "\n" * 400_000]
)
def test_clean_takes_no_time(text: str) -> None:
    """Endless escapes that never end must not cost more than reading them once (pytest's time limit sees)."""
    clean(text, 10_000)
    clean_lines(text)


def test_what_stays() -> None:
    assert clean("👩‍👩‍👧 見立て \u05d0\u05d1") == "👩‍👩‍👧 見立て \u05d0\u05d1"
    assert clean("\x1b]8;;http://evil\x1b\\text\x1b]8;;\x1b\\") == "text"


def test_times() -> None:
    assert stamp(datetime(2026, 1, 2, 3, 4, 5)) == "2026-01-02T03:04:05Z"
    assert moment(NOW) == "2026-11-22 13:28:00 UTC"
    assert moment(NOW, NOW) == "13:28:00"
    assert lasting(NOW - timedelta(minutes=26), NOW) == "26 min"
    assert lasting(NOW - timedelta(seconds=119), NOW) == "119 s"
    assert lasting(NOW - timedelta(days=3), NOW) == "3 d"
    assert lasting(NOW + timedelta(hours=1), NOW) == ""
