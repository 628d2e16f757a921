"""What all formats of a timeline say alike: times, services, how it came out, what is told in few words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import msgspec

from mitate.model.diagnosis import State
from mitate.model.timeline import Clock, Entry, Kind, Outcome, RequestSeen, Silence, Timeline, Waiting
from mitate.report.digest.words import clean

STATE = {
    Outcome.WELL: State.OK,
    Outcome.RECOVERED: State.OK,
    Outcome.RUNNING: State.OK,
    Outcome.FAILED: State.PROBLEM,
    Outcome.UNKNOWN: State.UNKNOWN,
}
_UUID = re.compile(r"\b([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
BY_CODE = "as the code does it; no line says so"


class Row(msgspec.Struct, frozen=True):
    """An entry, or several alike of which only the first is shown: more, all at level DEBUG."""

    place: int
    entry: Entry
    more: int = 0
    silence: Silence | None = None


def rows(told: Timeline) -> list[Row]:
    """Runs of lines at level DEBUG of one service become one row."""
    quiet = {each.before: each for each in told.silences}
    found: list[Row] = []
    for place, entry in enumerate(told.entries):
        before = found[-1] if found else None
        if before and _folds(before.entry, entry) and place not in quiet and place != told.first_error:
            found[-1] = msgspec.structs.replace(before, more=before.more + 1)
            continue
        found.append(Row(place, entry, silence=quiet.get(place)))
    return found


def _folds(before: Entry, entry: Entry) -> bool:
    debug = before.level == "DEBUG" == entry.level and not (before.trouble or entry.trouble)
    return debug and (before.host, before.service, before.request) == (
        entry.host,
        entry.service,
        entry.request,
    )


def clock_time(at: float, exact: bool = True) -> str:
    """13:28:00.123, UTC; to the second where it is not known better."""
    try:
        text = datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S.%f")[:-3]
    except (OverflowError, OSError, ValueError):
        return "?"
    return text if exact else f"{text[:8]}   ~"


def day(at: float) -> str:
    try:
        return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")
    except (OverflowError, OSError, ValueError):
        return "?"


def stamp_ms(at: float | None) -> str | None:
    """ISO 8601 with milliseconds, UTC; None for what is unknown."""
    if at is None:
        return None
    try:
        return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    except (OverflowError, OSError, ValueError):
        return None


def seconds(length: float) -> str:
    """
    >>> seconds(0.0123), seconds(4.25), seconds(61.2), seconds(7260)
    ('0.012 s', '4.2 s', '61 s', '121 min')
    """
    if length < 1:
        return f"{length:.3f} s"
    if length < 10:
        return f"{length:.1f} s"
    return f"{length:.0f} s" if length < 600 else f"{length / 60:.0f} min"


def who(pair: tuple[str, str]) -> str:
    service, host = pair
    return f"{service} on {host}" if service and host else service or host


def service_of(entry: Entry) -> str:
    return entry.service or entry.source.rpartition("/")[2] or "?"


def says(entry: Entry, more: int = 0) -> str:
    """What an entry says in one line."""
    said = clean(entry.says, 600)
    if entry.kind is Kind.CALL:
        said += f" → {entry.status}" if entry.status is not None else ""
        said += f" ({seconds(entry.took_s)})" if entry.took_s is not None else ""
        asker = who(entry.caller)
        return f"{said}, asked by {clean(asker, 80)}" if asker else said
    if entry.kind is Kind.EVENT and entry.took_s is not None:
        said += f" ({seconds(entry.took_s)})"
    if more:
        said += f" … and {more:,} more lines at level DEBUG"
    if entry.level in ("WARNING", "ERROR", "CRITICAL", "TRACE"):
        said = f"{entry.level} {said}"
    if entry.exception and clean(entry.exception, 200) not in said:
        said += f" | {clean(entry.exception, 300)}"
    return said


def short_ids(said: str) -> str:
    """Ids by their first letters, for narrow places.

    >>> short_ids("GET /allocations/f26ea579-8770-4683-872c-8cd232b48983 → 200")
    'GET /allocations/f26ea579… → 200'
    """
    return _UUID.sub(r"\1…", said)


def unseen(told: Timeline) -> list[str]:
    """What could not be seen, once each: who did not answer to one question did not to the next either."""
    by_reason: dict[tuple[str, str], dict[str, None]] = {}
    for gap in told.gaps:
        by_reason.setdefault((gap.where, gap.why), {})[gap.what.partition(":")[0].replace("_", " ")] = None
    gaps = [f"{where}: {', '.join(whats)}: {why}" for (where, why), whats in by_reason.items()]
    return [*told.blind, *gaps]


def subject(told: Timeline) -> str:
    if told.kind == "server":
        return f"server {clean(told.name, 80)} {told.id}" if told.name else f"server {told.id}"
    return f"request {told.id}"


def main_requests(told: Timeline) -> list[RequestSeen]:
    """Those that nothing else of the story asked for; children are counted with them."""
    return [each for each in told.requests if not each.parent]


def children(told: Timeline, request: RequestSeen) -> int:
    return sum(each.parent == request.id for each in told.requests)


def clock_words(clocks: Sequence[Clock]) -> list[str]:
    """Each that is off, then those that are not."""
    said = []
    for each in clocks:
        if each.corrected_s and each.offset_s is not None:
            side = "ahead" if each.offset_s > 0 else "behind"
            off = f"{abs(each.corrected_s):.2f} s {side}"
            said.append(f"{each.host}: {off} of the others; corrected here (good to {each.within_s:.1f} s)")
    right = [each for each in clocks if each.offset_s is not None and not each.corrected_s]
    if right:
        good = max(each.within_s for each in right)
        names = ", ".join(clean(each.host, 60) for each in right)
        said.append(f"{names}: no difference that could be measured (to {good:.1f} s)")
    unknown = ", ".join(clean(each.host, 60) for each in clocks if each.offset_s is None)
    return [*said, f"{unknown}: not measured"] if unknown else said


class Asked(msgspec.Struct, frozen=True):
    """All calls of one service to another, or one step by RPC."""

    caller: tuple[str, str]
    callee: tuple[str, str]
    how: str
    calls: int
    total_s: float | None
    slowest: Waiting
    proved: bool


def asked(told: Timeline) -> list[Asked]:
    """Who waited for whom: HTTP calls by pair, RPC step by step, in the order in which they began."""
    pairs: dict[tuple[object, ...], list[Waiting]] = {}
    for number, each in enumerate(told.waiting):
        key: tuple[object, ...] = (each.caller, each.callee) if each.how == "HTTP" else (number,)
        pairs.setdefault(key, []).append(each)
    found = []
    for group in pairs.values():
        took = [each.took_s for each in group if each.took_s is not None]
        slowest = max(group, key=lambda each: each.took_s or 0.0)
        found.append(
            Asked(
                caller=group[0].caller,
                callee=group[0].callee,
                how=group[0].how,
                calls=len(group),
                total_s=sum(took) if took else None,
                slowest=slowest,
                proved=group[0].proved,
            )
        )
    return found


def asked_words(each: Asked) -> str:
    """What was asked, and how long it took."""
    what = clean(each.slowest.what, 120)
    if each.how != "HTTP":
        took = f", {seconds(each.total_s)}" if each.total_s is not None else ""
        waits = "waits" if each.how == "call" else "does not wait"
        return f"{each.how} {what}{took} ({waits}; {BY_CODE})"
    took = f", {seconds(each.total_s)} in all" if each.total_s is not None else ""
    if each.calls == 1:
        return f"{what}{took.removesuffix(' in all')}"
    return f"{each.calls:,} calls{took}; the slowest: {what}"


def silence_words(silence: Silence) -> str:
    sure = "" if silence.proved or not silence.waited else " (nobody says what for)"
    return f"{clean(silence.says, 300)}{f': {clean(silence.waited, 300)}{sure}' if silence.waited else ''}"


def lanes(told: Timeline, shown: Sequence[Row]) -> list[tuple[str, str]]:
    """(service, host) of every row, the ones that asked included, in the order in which they came in."""

    def every() -> Iterator[tuple[str, str]]:
        for row in shown:
            entry = row.entry
            caller = entry.caller
            if entry.kind is Kind.CALL and caller[0] and caller[1]:
                yield caller
            yield (service_of(entry), entry.host)

    return list(dict.fromkeys(every()))
