"""The JSON, against the shape that is promised: every key, of its type, whatever the names are."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Literal

import msgspec
import pytest

from mitate.model.diagnosis import Diagnosis
from mitate.report.json import render


class Subject(msgspec.Struct):
    kind: str
    id: str
    name: str
    host: str


class Evidence(msgspec.Struct):
    host: str
    asked: str
    at: datetime
    excerpt: str


class Finding(msgspec.Struct):
    check: str
    severity: Literal["info", "warning", "critical"]
    subject: Subject
    says: str
    evidence: list[Evidence]


class Explained(msgspec.Struct):
    check: str
    subject: Subject
    says: str


class Remediation(msgspec.Struct):
    id: str
    summary: str
    commands: list[str]


class Cause(msgspec.Struct):
    rank: int
    finding: Finding
    why_first: str
    confidence: Literal["proved", "confirmed", "predicted", "inferred"]
    explains: list[Explained]
    remediation: Remediation | None


class Outcome(msgspec.Struct):
    check: str
    state: Literal["PROBLEM", "OK", "UNKNOWN"]
    findings: int
    unknown_because: list[str]


class Gap(msgspec.Struct):
    where: str
    what: str
    why: str


class Document(msgspec.Struct):
    """``mitate.diagnosis/1``; keys beside these may exist, none of these may be missing."""

    schema: Literal["mitate.diagnosis/1"]
    cloud: str
    taken_at: datetime
    took_s: float
    causes: list[Cause]
    outcomes: list[Outcome]
    gaps: list[Gap]


@pytest.mark.parametrize("name", ["broken", "healthy", "unseen", "noted", "hostile", "huge"])
def test_the_shape(name: str, request: pytest.FixtureRequest) -> None:
    diagnosis: Diagnosis = request.getfixturevalue(name)
    document = msgspec.json.decode(render(diagnosis).encode(), type=Document)
    assert [cause.rank for cause in document.causes] == [cause.rank for cause in diagnosis.causes]
    assert [outcome.state for outcome in document.outcomes] == [
        outcome.state for outcome in diagnosis.outcomes
    ]
    assert document.taken_at == diagnosis.taken_at


def test_the_words(broken: Diagnosis) -> None:
    document = msgspec.json.decode(render(broken).encode(), type=Document)
    first = document.causes[0]
    assert first.finding.check == "agent_process_frozen"
    assert first.confidence == "proved"
    assert len(first.explains) == 23
    assert first.remediation == Remediation(
        "agent_process_frozen", "ssh compute1 sudo kill -CONT 812", ["ssh compute1 sudo kill -CONT 812"]
    )
    assert document.outcomes[-1].unknown_because == ["compute2: journal: permission denied"]
    assert '"taken_at": "2026-11-22T13:28:00Z"' in render(broken)


def test_the_same_diagnosis_gives_the_same_bytes(broken: Diagnosis) -> None:
    assert render(broken) == render(broken)


def test_text_is_whole_but_cannot_steer_a_terminal(hostile: Diagnosis) -> None:
    """Nothing is cut or cleaned: programs get what was there, but for half surrogates (no Unicode)."""
    text = render(hostile)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069\ud800-\udfff]", text)
    document = msgspec.json.decode(text.encode(), type=Document)
    for cause, told in zip(hostile.causes, document.causes, strict=True):
        assert told.finding.subject.name == cause.finding.subject.name.replace("\ud800", "\ufffd")
