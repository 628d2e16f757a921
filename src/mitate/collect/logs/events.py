"""Events out of logs: lines understood, and what belongs together joined.

``read(file)`` gives every event of a log in its order; ``read(file, matching=pattern)`` only those of which
a line matches, found in the bytes before anything is parsed, each with all that belongs to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from mitate.collect.logs import streams
from mitate.collect.logs.find import LogFile
from mitate.collect.logs.line import Line
from mitate.collect.logs.prefilter import TROUBLE as WORDS
from mitate.collect.logs.traceback import told
from mitate.collect.logs.whose import project_of, service_by_logger, service_by_program
from mitate.collect.logs.wrapped import record, understood
from mitate.model.errors import CannotSee
from mitate.model.logs import Event

MOST_LINES = 400
"""Lines kept of one event after its first."""
MESSAGE, WIDTH = 4000, 1000
OPEN = 64
"""Writers of one file whose last event may go on."""
BACK = 60
"""Lines looked back from a hit for the line that it belongs to."""
_BLOCK = re.compile(r"\s*Traceback \(most recent|\s*\+ Exception Group Traceback")
TROUBLE = ("ERROR", "TRACE", "CRITICAL")


def begins_traceback(message: str) -> bool:
    return _BLOCK.match(message) is not None


def tells(event: Event) -> bool:
    """Whether it is what ``prefilter.py`` looks for in files."""
    if event.level in TROUBLE or event.frames or event.exception:
        return True
    return WORDS.search(event.message.encode(errors="replace")) is not None


class _Open(msgspec.Struct):
    """An event that may go on. block: a traceback has begun."""

    position: int
    line: Line
    more: list[str]
    block: bool = False


class Joiner:
    """Lines in, events out: an event is complete when its writer begins another one."""

    def __init__(self, file: LogFile) -> None:
        self._file = file
        self._open: dict[tuple[str, int | None], _Open] = {}
        self._last: tuple[str, int | None] | None = None

    def feed(self, position: int, line: Line) -> tuple[bool, Event | None]:
        """Whether the line went on with something, and the event that it ended, if it ended one."""
        key = (line.program, line.process)
        if self.takes(line):
            return True, None
        if not line.head and not line.message.strip():
            return True, None
        ended = self._end(key)
        if ended is None and len(self._open) >= OPEN:
            ended = self._end(next(iter(self._open)))
        self._open[key] = _Open(position, line, list(line.more), block=begins_traceback(line.message))
        self._last = key
        return False, ended

    def rest(self) -> Iterator[Event]:
        for key in list(self._open):
            if event := self._end(key):
                yield event
        self._last = None

    def takes(self, line: Line) -> bool:
        """Whether the line goes on with an event; if it does, that has it now."""
        key = (line.program, line.process)
        if not line.head:
            if key[0] == "" and key[1] is None and self._last is not None:
                key = self._last
            before = self._open.get(key)
            if before is None:
                return False
        else:
            before = self._open.get(key)
            if before is None or not _of_block(before, line):
                return False
        before.block = before.block or begins_traceback(line.message)
        if len(before.more) < MOST_LINES:
            before.more.append(line.message[:WIDTH])
        return True

    def _end(self, key: tuple[str, int | None]) -> Event | None:
        ended = self._open.pop(key, None)
        return _event(self._file, ended) if ended else None


def _of_block(before: _Open, line: Line) -> bool:
    """Whether a line with a prefix of its own is a line of the traceback of what came before."""
    if not (line.bare and line.level in TROUBLE and line.logger == before.line.logger):
        return False
    if not (before.block or begins_traceback(line.message)):
        return False
    at, since = line.at, before.line.at
    return at is None or since is None or abs(at - since) < 2


def _event(file: LogFile, ended: _Open) -> Event:
    line = ended.line
    said = told(line.message, ended.more)
    service = file.service
    if line.program:
        service = service_by_program(line.program) or service
    service = service or service_by_logger(line.logger)
    return Event(
        at=line.at,
        host=file.host or line.host,
        service=service,
        project=project_of(line.logger, service),
        file=file.name,
        position=ended.position,
        level=line.level,
        logger=line.logger,
        process=line.process,
        request=line.request,
        global_request=line.global_request if line.global_request != line.request else "",
        user=line.user,
        tenant=line.tenant,
        resource=line.resource,
        message=line.message[:MESSAGE],
        exception=said.exception[:WIDTH],
        cause=said.cause[:WIDTH] if said.cause != said.exception else "",
        frames=tuple(said.frames),
        remote=tuple(said.remote),
        lines=tuple(ended.more),
    )


# -- reading ------------------------------------------------------------------------------------------------


def read(file: LogFile, matching: re.Pattern[bytes] | None = None) -> Iterator[Event]:
    """The events of a log, in the order in which they end.

    matching: only those of which some line matches. Raises CannotSee when the log cannot be opened, and
    when it turns out to be damaged: after the events before the damage.
    """
    with streams.opened(file.path, file.packed) as stream:
        try:
            if file.records:
                yield from _of_records(file, streams.fields(stream), matching)
            else:
                yield from _of_lines(file, streams.lines(stream), matching)
        except streams.BROKEN as error:
            raise CannotSee(streams.broken(error), "garbage") from None


def _of_records(
    file: LogFile,
    entries: Iterable[tuple[int, dict[str, str]]],
    matching: re.Pattern[bytes] | None,
) -> Iterator[Event]:
    joiner = Joiner(file)
    for position, entry in entries:
        if matching and not any(matching.search(value.encode()) for value in entry.values()):
            continue
        _, ended = joiner.feed(position, record(entry, file.year))
        if ended:
            yield ended
    yield from joiner.rest()


def _of_lines(
    file: LogFile, every: Iterable[tuple[int, bytes]], matching: re.Pattern[bytes] | None
) -> Iterator[Event]:
    if matching is None:
        joiner = Joiner(file)
        for position, line in every:
            _, ended = joiner.feed(position, understood_bytes(line, file.year))
            if ended:
                yield ended
        yield from joiner.rest()
        return
    yield from _of_hits(file, every, matching)


def _of_hits(
    file: LogFile, every: Iterable[tuple[int, bytes]], matching: re.Pattern[bytes]
) -> Iterator[Event]:
    """Lines that match, the line that each belongs to, and what goes on after it."""
    joiner = Joiner(file)
    before: list[tuple[int, bytes]] = []
    going = False
    for position, line in every:
        hit = matching.search(line) is not None
        if not (hit or going):
            before.append((position, line))
            if len(before) > 2 * BACK:
                del before[:BACK]
            continue
        parsed = understood_bytes(line, file.year)
        if hit and before and (not parsed.head or (parsed.bare and begins_traceback(parsed.message))):
            for each in _beginning(before, file.year):
                if ended := joiner.feed(*each)[1]:
                    yield ended
        if hit or not parsed.head or (parsed.bare and parsed.level in TROUBLE):
            joined, ended = joiner.feed(position, parsed)
            if ended:
                yield ended
            going = hit or joined
            if going:
                before.clear()
                continue
        yield from joiner.rest()
        going = False
        before = [(position, line)]
    yield from joiner.rest()


def _beginning(before: list[tuple[int, bytes]], year: int) -> list[tuple[int, Line]]:
    """From the last line that begins something on."""
    found: list[tuple[int, Line]] = []
    for position, line in reversed(before[-BACK:]):
        parsed = understood_bytes(line, year)
        found.append((position, parsed))
        if parsed.head and not (parsed.bare and parsed.level in TROUBLE):
            return found[::-1]
    return found[::-1][-1:]


def understood_bytes(line: bytes, year: int) -> Line:
    return understood(line.decode("utf-8", "replace"), year)
