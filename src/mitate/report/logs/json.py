"""The answer for programs: schema ``mitate.logs/1``.

No key of a schema version is ever renamed or dropped; keys may be added. Lists keep their own, stable order.
"""

from __future__ import annotations

from typing import Any

from mitate.model.log_answer import Answer, Group
from mitate.report import DEFAULTS, Options
from mitate.report.digest.words import stamp
from mitate.report.json import dumps
from mitate.report.logs.words import at, headline

SCHEMA = "mitate.logs/1"


def render(answer: Answer, options: Options = DEFAULTS) -> str:
    told = answer.read
    return dumps(
        {
            "schema": SCHEMA,
            "failed": answer.failed,
            "headline": headline(answer),
            "since": _time(answer.since),
            "until": _time(answer.until),
            "earlier": _time(answer.earlier),
            "compared": answer.compared,
            "groups": [_group(group) for group in answer.groups],
            "missing": [
                {
                    "service": m.service,
                    "template": m.template,
                    "after": m.after,
                    "count": m.count,
                    "says": m.says,
                }
                for m in answer.missing
            ],
            "slower": [
                {"service": s.service, "what": s.what, "baseline_s": s.baseline_s, "now_s": s.now_s}
                for s in answer.slower
            ],
            "silent": [{"service": s.service, "host": s.host, "last": _time(s.last)} for s in answer.silent],
            "read": {
                "files": told.files,
                "bytes": told.bytes,
                "events": told.events,
                "sent": told.sent,
                "partly": told.partly,
                "unreadable": [{"name": name, "why": why} for name, why in told.unreadable],
            },
        }
    )


def _group(group: Group) -> dict[str, Any]:
    origin = group.origin
    return {
        "rank": group.rank,
        "kind": group.kind.value,
        "outcome": group.outcome.value,
        "level": group.level,
        "template": group.template,
        "service": group.service,
        "project": group.project,
        "host": group.hosts[0] if group.hosts else "",
        "hosts": list(group.hosts),
        "count": group.count,
        "first": _time(group.first),
        "last": _time(group.last),
        "before": group.before,
        "new": group.new,
        "earlier": group.earlier,
        "per_hour": group.rate,
        "per_hour_earlier": group.rate_before,
        "surge": group.surge and group.surge.value,
        "origin": origin and {"file": origin.file, "function": origin.function, "line": origin.line},
        "request_ids": list(group.request_ids),
        "resources": list(group.resources),
        "echo_of": group.echo_of,
        "why": group.why,
        "log": group.spot.file if group.spot else "",
        "position": group.spot and group.spot.position,
        "example": "\n".join(group.example),
        "context": list(group.context),
        "context_after": list(group.context_after),
    }


def _time(seconds: float | None) -> str | None:
    return None if seconds is None else stamp(at(seconds))
