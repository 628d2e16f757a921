"""The drift for programs: schema ``mitate.drift/1`` (docs/drift.md describes it).

No key of a schema version is ever renamed or dropped; keys may be added. Lists keep their own, stable order.
"""

from __future__ import annotations

from typing import Any

from mitate.model.drift import Change, Difference, Drift
from mitate.report import DEFAULTS, Options
from mitate.report.digest.words import stamp
from mitate.report.drift.words import BESIDE, before, headline
from mitate.report.json import dumps, evidence_said

SCHEMA = "mitate.drift/1"


def render(drift: Drift, options: Options = DEFAULTS) -> str:
    error = drift.first_error
    return dumps(
        {
            "schema": SCHEMA,
            "cloud": drift.cloud,
            "taken_at": stamp(drift.taken_at),
            "earlier": stamp(drift.earlier) if drift.earlier else None,
            "took_s": round(drift.took_s, 3),
            "hosts_asked": drift.hosts_asked,
            "state": drift.state.value,
            "headline": headline(drift),
            "differences": [_difference(each) for each in drift.differences],
            "first_error": error
            and {
                "at": stamp(error.at),
                "host": error.host,
                "says": error.says,
                "before": [
                    {**_change(each), "before_s": int((error.at - each.at).total_seconds())}
                    for each in error.before
                ],
                "told": [before(each, error) for each in error.before[:BESIDE]],
            },
            "changes": [_change(each) for each in drift.changes],
            "notes": list(drift.notes),
            "gaps": [{"where": gap.where, "what": gap.what, "why": gap.why} for gap in drift.gaps],
        }
    )


def _difference(each: Difference) -> dict[str, Any]:
    file, _, line = each.where.rpartition(":")
    numbered = line.isdecimal()
    return {
        "kind": each.kind.value,
        "check": each.check,
        "severity": each.severity.value,
        "subject": {
            "kind": each.subject.kind,
            "id": each.subject.id,
            "name": each.subject.name,
            "host": each.subject.host,
        },
        "what": each.what,
        "says": each.says,
        "here": each.here,
        "there": each.there,
        "service": each.service or None,
        "hosts": list(each.hosts),
        "equals": list(each.equals),
        "file": (file if numbered else each.where) or None,
        "line": int(line) if numbered else None,
        "since": stamp(each.since) if each.since else None,
        "evidence": [evidence_said(piece) for piece in each.evidence],
        "commands": list(each.fix),
    }


def _change(each: Change) -> dict[str, Any]:
    return {
        "at": stamp(each.at),
        "host": each.host or None,
        "kind": each.kind,
        "says": each.says,
        "options": list(each.options),
    }
