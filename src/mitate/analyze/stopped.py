"""Services and agents that should run and do not: what their host shows, joined to their row in the API."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

import msgspec

from mitate.analyze.check import Problem
from mitate.analyze.fixes import read_log, start
from mitate.analyze.life import ENABLED, Key, Life, how_it_ended, looping, replaced, stopped
from mitate.analyze.loss import loss
from mitate.analyze.words import short
from mitate.model.cloud import ComputeService, NetworkAgent
from mitate.model.diagnosis import Confidence, Severity, Subject
from mitate.model.host import Container, LogLine, Process, Unit
from mitate.model.services import BY_NAME
from mitate.model.source import Fact

Row = NetworkAgent | ComputeService
R = TypeVar("R", NetworkAgent, ComputeService)

LATER = timedelta(seconds=30)
"""A heartbeat this much after a process ended is not its own; clocks and systemd differ by less."""

RECENT = timedelta(minutes=10)


class Stop(msgspec.Struct, frozen=True):
    """by: the unit or container that stands still, None where none is known. row: what the API says."""

    host: str
    service: str
    by: Unit | Container | None
    row: Row | None


def alive(row: Row) -> bool:
    return row.alive if isinstance(row, NetworkAgent) else row.up


def last_report(row: Row) -> datetime | None:
    """When it was last heard."""
    return row.heartbeat_at if isinstance(row, NetworkAgent) else row.updated_at


def rows_by_key(rows: Iterable[R]) -> dict[Key, R]:
    """The rows of services that are recognised among processes: of others nothing can be said."""
    return {(row.host, row.binary): row for row in rows if row.binary in BY_NAME}


def reported_after_end(row: Row | None, by: Unit | Container | None) -> bool:
    """Whether the API heard it well after its unit stopped: then something else speaks in its name."""
    if not isinstance(row, NetworkAgent) or not row.alive or not isinstance(by, Unit):
        return False
    return bool(row.heartbeat_at and by.since and row.heartbeat_at > by.since + LATER)


def stops(everything: Mapping[Key, Life], rows: Mapping[Key, Row], seen: set[str]) -> Iterator[Stop]:
    """seen: hosts whose process list was read; a dead row elsewhere proves nothing about its process."""
    for key in sorted(everything.keys() | rows.keys()):
        host, service = key
        life, row = everything.get(key) or Life(host, service), rows.get(key)
        by = stopped(life, everything)
        if by is None:
            gone = row is not None and not alive(row) and host in seen
            if not gone or life.active or looping(life) or replaced(life, everything):
                continue
            by = next(iter(life.units), None)  # disabled, yet the API still waits for it
        if not reported_after_end(row, by):
            yield Stop(host, service, by, row)


def seen_hosts(processes: Iterable[Process]) -> set[str]:
    return {process.source.host for process in processes}


def last_words(logs: Sequence[LogLine], host: str, service: str) -> LogLine | None:
    """The newest CRITICAL or ERROR line of its log, none older than ten minutes before the look."""
    lines = [
        line
        for line in logs
        if (line.source.host, line.service) == (host, service)
        and line.level in ("CRITICAL", "ERROR", "FATAL")
        and line.at is not None
        and line.source.at - line.at < RECENT
    ]
    return max(lines, key=lambda line: (line.level == "CRITICAL", line.at), default=None)


def stop_problem(stop: Stop, subject: Subject, logs: Sequence[LogLine]) -> Problem:
    by, row = stop.by, stop.row
    line = (
        last_words(logs, stop.host, stop.service) if isinstance(by, Unit) and by.active == "failed" else None
    )
    seen: list[Fact] = [fact for fact in (by, row, line) if fact is not None]
    since = by.since if isinstance(by, Unit) and by.since else (last_report(row) if row else None)
    deliberate = (isinstance(row, NetworkAgent) and not row.admin_up) or (
        isinstance(row, ComputeService) and not row.enabled
    )
    return Problem(
        subject=subject,
        says=f"{subject.name} does not run: {_state(by)}{_api(row)}{loss(stop.service)}",
        seen=tuple(seen),
        since=since,
        severity=Severity.WARNING if deliberate else None,
        confidence=Confidence.CONFIRMED if by else Confidence.INFERRED,
        fix=(*start(stop.host, by, stop.service), read_log(stop.host, by, stop.service)),
    )


def loop_problem(life: Life, by: Unit | Container, subject: Subject, logs: Sequence[LogLine]) -> Problem:
    line = last_words(logs, life.host, life.service)
    seen: list[Fact] = [fact for fact in (by, line, life.main) if fact is not None]
    ended = how_it_ended(by)
    times = f" ({by.restarts} times so far)" if isinstance(by, Unit) and by.restarts else ""
    why = f"; its last words: {short(line.message)}" if line else f"; {ended}" if ended else ""
    return Problem(
        subject=subject,
        says=f"{subject.name} is started again and again{times}{why}",
        seen=tuple(seen),
        since=line.at if line else None,
        fix=(read_log(life.host, by, life.service),),
    )


def _state(by: Unit | Container | None) -> str:
    if by is None:
        return "no such process is there"
    if isinstance(by, Container):
        return (
            f"its container {by.name} is {by.state} ({by.status})" if by.status else f"{by.name} {by.state}"
        )
    ended = how_it_ended(by)
    switched_off = "" if by.enabled in ENABLED else f" and {by.enabled or 'not enabled'}"
    return f"{by.name} is {by.active}{switched_off}" + (f", {ended}" if ended else "")


def _api(row: Row | None) -> str:
    if row is None:
        return ""
    return ", and the API has not noticed yet" if alive(row) else ", and the API calls it dead"
