"""The story put together: entries, silences, requests, the first error, and what could not be seen."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from mitate.analyze.timeline.blind import blind, readers
from mitate.analyze.timeline.clock import clocks, moved
from mitate.analyze.timeline.entries import entries_of
from mitate.analyze.timeline.following import Belonging
from mitate.analyze.timeline.known import Known
from mitate.analyze.timeline.outcome import headline, outcome
from mitate.analyze.timeline.trouble import first_error
from mitate.analyze.timeline.waiting import silences, waiting
from mitate.model.placement import ServerEvent
from mitate.model.timeline import Entry, Kind, RequestSeen, Timeline

DOUBT_S = 0.05
"""Between hosts whose clocks were measured alike, what the measurement may still hide."""


class Bounds(msgspec.Struct, frozen=True):
    """What of the story is told: seconds since 1970, None for no bound."""

    since: float | None = None
    until: float | None = None

    def hold(self, at: float) -> bool:
        return (self.since is None or at >= self.since) and (self.until is None or at <= self.until)


ALL = Bounds()


def tell(known: Known, bounds: Bounds = ALL, reading: str = "hosts") -> Timeline:
    """reading: where lines come from: hosts, logs (files that somebody gave) or recording."""
    belonging = Belonging(known)
    all_clocks = clocks(known, (event.host for event in known.events if event.host))
    entries, routine = entries_of(known, belonging, moved(all_clocks))
    entries = [entry for entry in entries if bounds.hold(entry.at)]
    requests = requests_of(known, entries)
    doubt = max([DOUBT_S, *(c.within_s for c in all_clocks if c.corrected_s)], default=DOUBT_S)
    first = first_error(entries, doubt)
    result = outcome(known, entries, requests)
    made = Timeline(
        cloud=known.snapshot.cloud,
        taken_at=known.snapshot.taken_at,
        kind=known.kind,
        id=known.id,
        name=_name(known),
        outcome=result,
        first_error=first,
        entries=tuple(entries),
        silences=tuple(silences(entries, requests)),
        waiting=tuple(waiting(entries, requests, known.homes)),
        requests=tuple(requests),
        followed=known.followed,
        clocks=all_clocks,
        readers=readers(known, entries),
        routine=tuple(routine),
        blind=blind(known, entries, requests, all_clocks, reading),
        gaps=known.snapshot.gaps,
    )
    return msgspec.structs.replace(made, says=headline(made, known))


def _name(known: Known) -> str:
    return known.server.name if known.server else ""


def requests_of(known: Known, entries: Sequence[Entry]) -> list[RequestSeen]:
    """Every request of the story: those that the API knows, then those that were found beside them."""
    actions = {each.request_id: each for each in known.history if not each.event}
    why = {each.id: each.why for each in known.followed if each.kind == "request"}
    parents: dict[str, str] = {}
    for entry in entries:
        if entry.global_request and entry.request and entry.global_request != entry.request:
            parents.setdefault(entry.request, entry.global_request)
    named = dict.fromkeys([*actions, *why, *(e.request for e in entries if e.request)])
    found = []
    for request in named:
        own = [entry for entry in entries if request in (entry.request, entry.global_request)]
        lines = [entry for entry in own if entry.kind in (Kind.LINE, Kind.CALL)]
        action = actions.get(request)
        times = [entry.at for entry in own] + [entry.at + (entry.took_s or 0.0) for entry in own]
        if action is None and request not in why and parents.get(request, "") not in named:
            continue  # of lines that are in the story by the thing they name
        found.append(
            RequestSeen(
                id=request,
                action=action.action if action else "",
                parent=parents.get(request, ""),
                began=min(times, default=None),
                ended=max(times, default=None),
                result=_result(known, request),
                services=tuple(dict.fromkeys(e.service for e in own if e.service)),
                lines=len(lines),
                why=why.get(request, ""),
            )
        )
    return sorted(found, key=lambda each: (bool(each.parent), each.began or 0.0))


def _started(event: ServerEvent) -> float:
    return event.started_at.timestamp() if event.started_at else 0.0


def _result(known: Known, request: str) -> str:
    events = [each for each in known.history if each.request_id == request]
    if any(each.result == "Error" for each in events):
        return "Error"
    server = known.server
    newest = max((e for e in known.history if not e.event), key=_started, default=None)
    if events and newest in events and server is not None and server.status == "ERROR":
        return "Error"  # a build that is given up ends its events well, and the server in ERROR
    told = [each for each in events if each.event]
    return "Success" if told and all(each.result == "Success" for each in told) else ""
