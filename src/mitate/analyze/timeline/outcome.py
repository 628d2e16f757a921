"""How it came out, and the one sentence that says so."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mitate.analyze.timeline.known import Known
from mitate.analyze.words import short
from mitate.model.placement import ServerRequest
from mitate.model.timeline import Entry, Kind, Outcome, RequestSeen, Timeline

DONE = re.compile(
    r"Took [\d.]+ seconds to build instance|Instance spawned successfully|Migration .* is not needed"
)


def outcome(known: Known, entries: Sequence[Entry], requests: Sequence[RequestSeen]) -> Outcome:
    """From what Nova keeps, where that is known; else from the lines alone."""
    acted = [each for each in requests if each.action]
    trouble = [entry for entry in entries if entry.trouble]
    server = known.server
    if known.kind == "server" and server is not None and server.status == "ERROR":
        return Outcome.FAILED
    if acted:
        last = max(acted, key=lambda each: each.began or 0.0)
        if last.result == "Error":
            return Outcome.FAILED
        if last.result == "" and server is not None and server.task_state:
            return Outcome.RUNNING
        return Outcome.RECOVERED if trouble else Outcome.WELL
    if not entries:
        return Outcome.UNKNOWN
    if trouble:
        last_error = max(entry.at for entry in trouble)
        done = any(DONE.search(entry.says) and entry.at > last_error for entry in entries)
        return Outcome.RECOVERED if done else Outcome.FAILED
    refused = [e for e in entries if e.kind is Kind.CALL and e.status is not None and e.status >= 400]
    return Outcome.WELL if not refused or len(entries) > len(refused) else Outcome.FAILED


def headline(told: Timeline, known: Known) -> str:
    """What happened, and where the trouble began."""
    what = _what(told)
    if told.outcome is Outcome.UNKNOWN:
        return f"nothing tells anything of {what}"
    at = told.first_error
    if at is None:
        ways = {
            Outcome.WELL: f"{what}: no trouble in what could be seen",
            Outcome.RUNNING: f"{what} is not over yet; no trouble so far",
            Outcome.FAILED: f"{what} failed, and no line says why",
        }
        fault = known.server.fault if isinstance(known.server, ServerRequest) else ""
        said = ways.get(told.outcome, what)
        return f"{said}: {short(fault, 200)}" if fault and told.outcome is Outcome.FAILED else said
    entry = told.entries[at]
    who = f"{entry.service or 'somebody'}{f' on {entry.host}' if entry.host else ''}"
    how = {
        Outcome.FAILED: "failed",
        Outcome.RECOVERED: "went well in the end, with trouble on the way",
        Outcome.RUNNING: "is not over yet, and met with trouble",
        Outcome.WELL: "went well",
    }[told.outcome]
    request = next(
        (r for r in told.requests if r.id in (entry.request, entry.global_request) and r.action), None
    )
    if told.outcome is Outcome.RECOVERED and all(
        each.ended is not None and each.ended < entry.at for each in told.requests if each.action
    ):
        how = "went well, and later met with trouble"
    of = f" during {request.action}" if request and told.kind == "server" else ""
    return f"{what} {how}; the first error is of {who}{of}"


def _what(told: Timeline) -> str:
    if told.kind == "server":
        return f"server {told.name or told.id}"
    action = next((each.action for each in told.requests if each.id == told.id and each.action), "")
    of = f" ({action}{f' of {told.name}' if told.name else ''})" if action else ""
    return f"request {told.id}{of}"
