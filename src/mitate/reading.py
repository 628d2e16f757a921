"""``mitate logs errors``: logs, wherever they are, to the ranked answer.

Beside ``placing.py`` and ``probing.py`` a place that wires rooms together. What is small is read whole. Of
what is large only the lines that tell of trouble are looked at; they are found in the bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from mitate.collect.logs.events import read, read_at
from mitate.collect.logs.find import LogFile, logs_at
from mitate.collect.logs.prefilter import Alike, Search
from mitate.model.errors import CannotSee, CannotStart
from mitate.model.log_answer import Answer, Read
from mitate.model.logs import Event

if TYPE_CHECKING:
    from mitate.analyze.logs.profile import Profile

WHOLE = 96 << 20
"""Bytes of logs that are read line by line; packed ones count tenfold."""
PACKED = 10


class Window(msgspec.Struct, frozen=True):
    """Seconds since 1970, between which events count. What has no time counts always."""

    since: float | None = None
    until: float | None = None

    def has(self, at: float | None) -> bool:
        if at is None:
            return True
        return (self.since is None or at >= self.since) and (self.until is None or at <= self.until)


def errors_in(paths: Sequence[Path], baseline: Sequence[Path] = (), window: Window | None = None) -> Answer:
    """What failed by the logs at some paths. Raises CannotStart when none can be read."""
    window = window or Window()
    known = profile_of(baseline)
    with logs_at(paths) as logs:
        large = sum(file.size * (PACKED if file.packed else 1) for file in logs.files) > WHOLE
        if large and known is None:
            found, unreadable = _hits(logs.files, window)
        else:
            found, unreadable = _whole(logs.files, window)
        if found.events == 0 and not large:
            raise CannotStart(
                "nothing there reads like a log" + (" of that time" if window != Window() else "")
            )
        told = Read(
            files=len(logs.files),
            bytes=sum(file.size for file in logs.files),
            events=found.events,
            unreadable=(*logs.unreadable, *unreadable),
            partly="only lines that tell of trouble were looked at, the logs are large"
            if large and not known
            else "",
        )
        from mitate.analyze.logs.answer import answer  # noqa: PLC0415 - as below

        done = answer(found, known, told)
        return msgspec.structs.replace(done, since=window.since, until=window.until)


def profile_of(baseline: Sequence[Path]) -> Profile | None:
    """Of the logs of a healthy time. Raises CannotStart for a baseline that is none."""
    if not baseline:
        return None
    with logs_at(baseline) as logs:
        known, _ = _whole(logs.files, Window())
    if known.events == 0:
        raise CannotStart(f"nothing in {baseline[0]} reads like a log: it cannot be the baseline")
    return known


def _whole(files: Sequence[LogFile], window: Window) -> tuple[Profile, list[tuple[str, str]]]:
    from mitate.analyze.logs.profile import Profile  # noqa: PLC0415 - as below

    found = Profile()
    unreadable = []
    for file in files:
        try:
            for event in read(file):
                if window.has(event.at):
                    found.add(event)
        except CannotSee as error:
            unreadable.append((file.name, str(error)))
    return found, unreadable


def _hits(files: Sequence[LogFile], window: Window) -> tuple[Profile, list[tuple[str, str]]]:
    """Of lines alike a few are understood; the others are only counted."""
    search = Search(files)
    from mitate.analyze.logs.profile import Profile  # noqa: PLC0415 - loaded while the search goes on

    found = Profile()
    unreadable: list[tuple[str, str]] = []
    for file, kinds in search.found():
        try:
            for event, more in _samples(file, kinds):
                if window.has(event.at):
                    found.add(event)
                    if more:
                        found.add_more(event, more)
        except CannotSee as error:
            unreadable.append((file.name, str(error)))
    return found, unreadable


def _samples(file: LogFile, kinds: dict[bytes, Alike]) -> Iterator[tuple[Event, int]]:
    """Events, and how many more like the last one of a kind there are."""
    for alike in kinds.values():
        events = list(
            read_at(
                file,
                [*alike.positions, *([alike.last_position] if alike.count > len(alike.positions) else [])],
            )
        )
        for event in events[:-1]:
            yield event, 0
        if events:
            yield events[-1], alike.count - len(events)
