"""The timeline for programs: schema ``mitate.timeline/1``.

No key of a schema version is ever renamed or dropped; keys may be added. Lists keep their own, stable order:
``entries`` that of time, ``requests`` those that were asked for first, then those made on their behalf.
"""

from __future__ import annotations

from typing import Any

from mitate.model.timeline import Clock, Entry, RequestSeen, Timeline, Waiting
from mitate.report import DEFAULTS, Options
from mitate.report.digest.words import stamp
from mitate.report.json import dumps
from mitate.report.timeline.words import stamp_ms

SCHEMA = "mitate.timeline/1"


def render(told: Timeline, options: Options = DEFAULTS) -> str:
    first = told.first_error
    return dumps(
        {
            "schema": SCHEMA,
            "cloud": told.cloud,
            "taken_at": stamp(told.taken_at),
            "took_s": round(told.took_s, 3),
            "api_requests": told.api_requests,
            "bytes_read": told.bytes_read,
            "subject": {"kind": told.kind, "id": told.id, "name": told.name or None},
            "outcome": told.outcome.value,
            "says": told.says,
            "first_error": first,
            "requests": [_request(each) for each in told.requests],
            "entries": [_entry(each) for each in told.entries],
            "silences": [
                {
                    "before": each.before,
                    "seconds": each.seconds,
                    "says": each.says,
                    "waited": each.waited or None,
                    "proved": each.proved,
                }
                for each in told.silences
            ],
            "waiting": [_waiting(each) for each in told.waiting],
            "clocks": [_clock(each) for each in told.clocks],
            "followed": [{"kind": each.kind, "id": each.id, "why": each.why} for each in told.followed],
            "logs": [
                {
                    "host": each.host,
                    "service": each.service or None,
                    "file": each.file,
                    "debug": each.debug,
                    "lines": each.lines,
                }
                for each in told.readers
            ],
            "routine": [
                {
                    "host": each.host,
                    "service": each.service,
                    "says": each.says,
                    "times": each.times,
                    "first": stamp_ms(each.first),
                    "last": stamp_ms(each.last),
                }
                for each in told.routine
            ],
            "unseen": list(told.blind),
            "gaps": [{"where": gap.where, "what": gap.what, "why": gap.why} for gap in told.gaps],
        }
    )


def _end(service: str, host: str) -> dict[str, str | None] | None:
    return {"service": service or None, "host": host or None} if service or host else None


def _entry(entry: Entry) -> dict[str, Any]:
    """at: corrected; written: by the host's own clock."""
    return {
        "at": stamp_ms(entry.at),
        "written": stamp_ms(entry.written),
        "exact": entry.exact,
        "kind": entry.kind.value,
        "host": entry.host or None,
        "service": entry.service or None,
        "level": entry.level or None,
        "request": entry.request or None,
        "global_request": entry.global_request or None,
        "says": entry.says,
        "took_s": entry.took_s,
        "status": entry.status,
        "caller": _end(*entry.caller),
        "trouble": entry.trouble,
        "exception": entry.exception or None,
        "origin": entry.origin or None,
        "asking": entry.asking or None,
        "source": entry.source,
    }


def _request(each: RequestSeen) -> dict[str, Any]:
    return {
        "id": each.id,
        "action": each.action or None,
        "parent": each.parent or None,
        "began": stamp_ms(each.began),
        "ended": stamp_ms(each.ended),
        "result": each.result or None,
        "services": list(each.services),
        "lines": each.lines,
        "why": each.why or None,
    }


def _waiting(each: Waiting) -> dict[str, Any]:
    return {
        "caller": _end(*each.caller),
        "callee": _end(*each.callee),
        "how": each.how,
        "what": each.what,
        "request": each.request or None,
        "began": stamp_ms(each.began),
        "took_s": each.took_s,
        "answered": each.answered,
        "proved": each.proved,
    }


def _clock(clock: Clock) -> dict[str, Any]:
    return {
        "host": clock.host,
        "offset_s": clock.offset_s,
        "corrected_s": clock.corrected_s,
        "within_s": clock.within_s,
    }
