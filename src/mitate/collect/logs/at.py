"""Events at known places of a log, what was written around them, and from when to when a log goes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice

import msgspec

from mitate.collect.logs import streams
from mitate.collect.logs.events import TROUBLE, WIDTH, Joiner, begins_traceback, understood_bytes
from mitate.collect.logs.find import LogFile
from mitate.collect.logs.line import Line
from mitate.collect.logs.wrapped import record
from mitate.model.errors import CannotSee
from mitate.model.logs import Event

FEW, MANY = 1 << 13, 1 << 16
"""Bytes read first at a place, and at most."""
BACK = 1 << 14
FOREIGN = 60
"""Lines of other writers in a row after which an event does not go on."""
AROUND = 5
FAR = 200
"""Lines looked at on either side for those of the same writer."""


def read_at(file: LogFile, positions: Iterable[int]) -> Iterator[tuple[int, Event]]:
    """(position, event): the events that begin at some places, or have a traceback there without a prefix.

    A line that goes on with an event of trouble is none: that event begins with a line of its own. Raises
    CannotSee.
    """
    with streams.opened(file.path, file.packed) as stream:
        reader = streams.Reader(stream, file.packed)
        for position in sorted(positions):
            if event := _event(file, reader, position):
                yield position, event


def _event(file: LogFile, reader: streams.Reader, position: int) -> Event | None:
    event, start = None, max(0, position - BACK)
    for size in (FEW, MANY):
        piece = reader.at(start, position - start + size)
        begins = _beginning(piece, position - start, file.year)
        if begins is None:
            return None
        event, whole = _in(file, start + begins, piece[begins:])
        if whole or len(piece) < position - start + size:
            break
    return event


def _beginning(piece: bytes, at: int, year: int) -> int | None:
    """Where the event begins to which the line at a place of a piece belongs; None when it is no trouble's
    first line.
    """
    end = piece.find(b"\n", at)
    line = understood_bytes(piece[at : end if end >= 0 else None][: streams.LONGEST], year)
    if line.head:
        return None if line.bare else at
    if not begins_traceback(line.message):
        return None
    for _ in range(FOREIGN):
        if at <= 0:
            return None
        before, at = at, piece.rfind(b"\n", 0, at - 1) + 1
        line = understood_bytes(piece[at : before - 1][: streams.LONGEST], year)
        if line.head:
            return None if line.level in TROUBLE else at
    return None


def _in(file: LogFile, position: int, piece: bytes) -> tuple[Event | None, bool]:
    """The event that begins a piece, and whether its end was seen."""
    joiner = Joiner(file)
    key: tuple[str, int | None] | None = None
    foreign = 0
    for line in piece.split(b"\n"):
        parsed = understood_bytes(line[: streams.LONGEST], file.year)
        key = key or _writer(parsed)
        if _writer(parsed) != key if parsed.head else foreign:
            foreign += 1
            if foreign > FOREIGN:
                break
        else:
            foreign = 0
            if ended := joiner.feed(position, parsed)[1]:
                return ended, True
        position += len(line) + 1
    return next(joiner.rest(), None), foreign > FOREIGN


def _writer(line: Line) -> tuple[str, int | None]:
    return line.program, line.process


# -- around -------------------------------------------------------------------------------------------------


class Around(msgspec.Struct, frozen=True):
    """First lines of what the same process wrote before and after an event; message: of the event.

    Of a log that tells no process, whatever was written there.
    """

    message: str
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


def around(file: LogFile, positions: Iterable[int]) -> Iterator[tuple[int, Around]]:
    """(position, what stands around it). Raises CannotSee."""
    with streams.opened(file.path, file.packed) as stream:
        if file.records:
            yield from _around_records(file, streams.fields(stream), set(positions))
            return
        reader = streams.Reader(stream, file.packed)
        for position in sorted(positions):
            start = max(0, position - BACK)
            piece = reader.at(start, position - start + MANY)
            older = piece[: position - start].split(b"\n")[1 if start else 0 : -1]
            here, *newer = (line[: streams.LONGEST] for line in piece[position - start :].split(b"\n"))
            parsed = understood_bytes(here, file.year)
            yield (
                position,
                Around(
                    message=parsed.message,
                    before=_near(_parsed(reversed(older), file.year), parsed)[::-1],
                    after=_near(_parsed(newer, file.year), parsed),
                ),
            )


def _around_records(
    file: LogFile, entries: Iterator[tuple[int, dict[str, str]]], positions: set[int]
) -> Iterator[tuple[int, Around]]:
    older: deque[dict[str, str]] = deque(maxlen=FAR)
    waiting: list[tuple[int, list[dict[str, str]], list[dict[str, str]]]] = []
    last = max(positions, default=-1)
    try:
        for position, entry in entries:
            for one in waiting:
                one[2].append(entry)
            if position in positions:
                waiting.append((position, [*older], [entry]))
            older.append(entry)
            while waiting and len(waiting[0][2]) > FAR:
                yield _told(file, *waiting.pop(0))
            if position > last and not waiting:
                return
    except streams.BROKEN:
        pass  # whoever read it has told
    for each in waiting:
        yield _told(file, *each)


def _told(
    file: LogFile, position: int, older: list[dict[str, str]], newer: list[dict[str, str]]
) -> tuple[int, Around]:
    here = record(newer[0], file.year)
    before = _near((record(each, file.year) for each in reversed(older)), here)[::-1]
    after = _near((record(each, file.year) for each in newer[1:]), here)
    return position, Around(here.message, before, after)


def _parsed(lines: Iterable[bytes], year: int) -> Iterator[Line]:
    return (understood_bytes(line, year) for line in lines)


def _near(lines: Iterable[Line], here: Line) -> tuple[str, ...]:
    """Of the same writer, without lines that only go on."""
    near = (line for line in islice(lines, FAR) if line.head and _writer(line) == _writer(here))
    return tuple(
        told(line.at, line.level, line.logger, line.message)
        for line in islice((line for line in near if not (line.bare and line.level in TROUBLE)), AROUND)
    )


def told(at: float | None, level: str, logger: str, message: str) -> str:
    """
    >>> told(1795361521.453, "INFO", "nova.compute.manager", "Took 5 s")
    '15:32:01.453 INFO nova.compute.manager Took 5 s'
    """
    clock = "" if at is None else f"{datetime.fromtimestamp(max(0.0, min(at, 4e9)), UTC):%H:%M:%S.%f}"[:-3]
    return " ".join(word for word in (clock, level, logger, message) if word)[:WIDTH]


# -- from when to when --------------------------------------------------------------------------------------


def begins(file: LogFile) -> float | None:
    """When its first line was written that tells a time. Raises CannotSee."""
    with streams.opened(file.path, file.packed) as stream:
        try:
            if file.records:
                return next((record(entry, file.year).at for _, entry in streams.fields(stream)), None)
            return _first(streams.Reader(stream, file.packed).at(0, MANY).split(b"\n"), file.year)
        except streams.BROKEN as error:
            raise CannotSee(streams.broken(error), "garbage") from None


def ends(file: LogFile) -> float | None:
    """When the last line was written of a log that is not packed; None for others. Raises CannotSee."""
    if file.packed or file.records:
        return None
    with streams.opened(file.path, "") as stream:
        start = max(0, file.size - MANY)
        lines = streams.Reader(stream, "").at(start, MANY).split(b"\n")
    return _first(reversed(lines), file.year)


def _first(lines: Iterable[bytes], year: int) -> float | None:
    times = (line.at for line in _parsed(islice(lines, FAR), year) if line.head)
    return next((at for at in times if at is not None), None)
