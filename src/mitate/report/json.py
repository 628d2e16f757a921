"""The diagnosis for programs: schema ``mitate.diagnosis/1``.

No key of a schema version is ever renamed or dropped; keys may be added. Lists keep the diagnosis's own
order, which is stable. Text is given in full, as it was; what a terminal could obey is a JSON escape.
"""

from __future__ import annotations

import json
import re
from typing import Any

from mitate.model.diagnosis import Cause, Diagnosis, Evidence, Finding, Outcome, Severity, Subject, count
from mitate.report import DEFAULTS, Options
from mitate.report.digest.verdict import headline, verdict
from mitate.report.digest.words import stamp

SCHEMA = "mitate.diagnosis/1"

# Control characters above ASCII, zero-width and bidi controls, line separators; and half surrogates, which
# are no Unicode and become U+FFFD.
_UNSAFE = re.compile(
    "[\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\ud800-\udfff]"
)


def render(diagnosis: Diagnosis, options: Options = DEFAULTS) -> str:
    document = {
        "schema": SCHEMA,
        "cloud": diagnosis.cloud,
        "taken_at": stamp(diagnosis.taken_at),
        "took_s": round(diagnosis.took_s, 3),
        "verdict": verdict(diagnosis, options.fail_on).value,
        "headline": headline(diagnosis, options.fail_on),
        "counts": _counts(diagnosis),
        "causes": [_cause(cause) for cause in diagnosis.causes],
        "outcomes": [_outcome(outcome) for outcome in diagnosis.outcomes],
        "gaps": [{"where": gap.where, "what": gap.what, "why": gap.why} for gap in diagnosis.gaps],
    }
    return dumps(document)


def dumps(document: dict[str, Any]) -> str:
    """JSON for people and programs alike: indented, and nothing in it that a terminal could obey."""
    return _UNSAFE.sub(_escape, json.dumps(document, ensure_ascii=False, indent=2)) + "\n"


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return "\\ufffd" if 0xD800 <= code <= 0xDFFF else f"\\u{code:04x}"


def _counts(diagnosis: Diagnosis) -> dict[str, int]:
    findings = [finding for outcome in diagnosis.outcomes for finding in outcome.findings]
    return {
        "causes": len(diagnosis.causes),
        "findings": len(findings),
        **{severity.value: count(findings, severity) for severity in reversed(Severity)},
        "checks": len(diagnosis.outcomes),
        "unknown": sum(bool(outcome.unknown_because) for outcome in diagnosis.outcomes),
        "gaps": len(diagnosis.gaps),
        "api_requests": diagnosis.api_requests,
        "hosts_asked": diagnosis.hosts_asked,
    }


def _cause(cause: Cause) -> dict[str, Any]:
    todo = cause.remediation
    return {
        "rank": cause.rank,
        "finding": finding_said(cause.finding),
        "why_first": cause.why_first,
        "confidence": cause.finding.confidence.value,
        "explains": [
            {"check": f.check, "severity": f.severity.value, "subject": _subject(f.subject), "says": f.says}
            for f in cause.explains
        ],
        "remediation": todo and {"id": todo.id, "summary": todo.summary, "commands": list(todo.commands)},
    }


def finding_said(finding: Finding) -> dict[str, Any]:
    return {
        "check": finding.check,
        "severity": finding.severity.value,
        "subject": _subject(finding.subject),
        "says": finding.says,
        "since": finding.since and stamp(finding.since),
        "symptom": finding.symptom,
        "evidence": [evidence_said(evidence) for evidence in finding.evidence],
    }


def _subject(subject: Subject) -> dict[str, str]:
    return {"kind": subject.kind, "id": subject.id, "name": subject.name, "host": subject.host}


def evidence_said(evidence: Evidence) -> dict[str, str]:
    return {
        "host": evidence.host,
        "asked": evidence.asked,
        "at": stamp(evidence.at),
        "excerpt": evidence.excerpt,
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return {
        "check": outcome.check,
        "state": outcome.state.value,
        "findings": len(outcome.findings),
        "unknown_because": [str(gap) for gap in outcome.unknown_because],
        "notes": list(outcome.notes),
    }
