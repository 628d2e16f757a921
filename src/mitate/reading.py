"""``mitate logs errors``: logs, wherever they are, to the ranked answer.

Beside ``placing.py`` and ``probing.py`` a place that wires rooms together. What is small is read whole. Of
what is large only the lines that tell of trouble are looked at; they are found in the bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from mitate.collect.logs.find import LogFile, Logs, logs_at
from mitate.collect.logs.prefilter import TROUBLE, Hits, Search
from mitate.model.errors import CannotSee, CannotStart
from mitate.model.log_answer import Answer, Group, Read
from mitate.model.logs import Event

if TYPE_CHECKING:
    from mitate.analyze.logs.former import Former
    from mitate.analyze.logs.profile import Profile

WHOLE = 96 << 20
"""Bytes of logs that are read line by line; packed ones count tenfold."""
PACKED = 10
IN_CONTEXT = 60
"""Groups whose example is shown with what stands around it."""


class Window(msgspec.Struct, frozen=True):
    """Seconds since 1970, between which events count. What has no time counts always."""

    since: float | None = None
    until: float | None = None

    def has(self, at: float | None) -> bool:
        if at is None:
            return True
        return not self.precedes(at) and (self.until is None or at <= self.until)

    def precedes(self, at: float | None) -> bool:
        """Whether the time is before the window."""
        return at is not None and self.since is not None and at < self.since


class Found(msgspec.Struct):
    """What logs tell. former: of the time before, None where no time was asked for. ends: of the logs."""

    profile: Profile
    former: Former | None
    ends: float | None = None
    unreadable: list[tuple[str, str]] = []


def errors_in(paths: Sequence[Path], baseline: Sequence[Path] = (), window: Window | None = None) -> Answer:
    """What failed by the logs at some paths. Raises CannotStart when none can be read."""
    window = window or Window()
    known = profile_of(baseline)
    with logs_at(paths) as logs:
        large = sum(file.size * (PACKED if file.packed else 1) for file in logs.files) > WHOLE
        searched = large and known is None
        found = _hits(logs.files, window) if searched else _whole(logs.files, window)
        unreadable = (*logs.unreadable, *found.unreadable)
        if found.profile.events == 0 and not large and not unreadable:
            raise CannotStart(
                "nothing there reads like a log" + (" of that time" if window != Window() else "")
            )
        told = Read(
            files=len(logs.files),
            bytes=sum(file.size for file in logs.files),
            events=found.profile.events,
            unreadable=unreadable,
            partly="only lines that tell of trouble were looked at, the logs are large" if searched else "",
        )
        from mitate.analyze.logs.answer import answer  # noqa: PLC0415 - as below

        until = found.ends if window.until is None else window.until
        done = answer(found.profile, known, told, found.former, until)
        groups = _in_context(done.groups, logs.files)
        return msgspec.structs.replace(done, groups=groups, since=window.since, until=window.until)


def profile_of(baseline: Sequence[Path]) -> Profile | None:
    """Of the logs of a healthy time. Raises CannotStart for a baseline that is none."""
    if not baseline:
        return None
    with _healthy(baseline) as logs:
        known = _whole(logs.files, Window()).profile
    if known.events == 0:
        raise CannotStart(f"nothing in {baseline[0]} reads like a log: it cannot be the baseline")
    return known


def trouble_of(baseline: Sequence[Path]) -> Profile | None:
    """Of a healthy time what hosts and stores are asked for. Raises CannotStart when it is no log.

    What trouble does not tell, nobody asked them for: so nothing is held to be missing or silent.
    """
    if not baseline:
        return None
    from mitate.analyze.logs.profile import Profile  # noqa: PLC0415 - as below
    from mitate.collect.logs.events import read, tells  # noqa: PLC0415

    count, known = 0, Profile()
    with _healthy(baseline) as logs:
        for file in logs.files:
            try:
                for event in read(file):
                    count += 1
                    if tells(event):
                        known.add(event)
            except CannotSee:
                continue
    if count == 0:
        raise CannotStart(f"nothing in {baseline[0]} reads like a log: it cannot be the baseline")
    known.only_trouble()
    return known


@contextmanager
def _healthy(baseline: Sequence[Path]) -> Iterator[Logs]:
    """Raises CannotStart."""
    from mitate.collect.transport.bundle import is_bundle  # noqa: PLC0415 - only a baseline needs it

    if recording := next((path for path in baseline if is_bundle(path)), None):
        raise CannotStart(
            f"{recording} is a recording, with the last lines of each log: a baseline for --bundle or a cloud"
        )
    with logs_at(baseline) as logs:
        yield logs


def nothing_found(window: Window) -> Found:
    """To be filled."""
    from mitate.analyze.logs.former import Former  # noqa: PLC0415 - loaded while the search goes on
    from mitate.analyze.logs.profile import Profile  # noqa: PLC0415

    return Found(Profile(), None if window.since is None else Former(window.since))


def _whole(files: Sequence[LogFile], window: Window) -> Found:
    from mitate.collect.logs.events import read  # noqa: PLC0415 - as above

    found = nothing_found(window)
    for file in files:
        try:
            _read(file, read(file), window, found)
        except CannotSee as error:
            found.unreadable.append((file.name, str(error)))
    return found


def _read(file: LogFile, events: Iterator[Event], window: Window, found: Found) -> None:
    former, begins = found.former, False
    for event in events:
        if former and event.at is not None:
            if not begins:
                begins = True
                former.reaches(file.host, file.name, file.service, event.at)
            if window.until is None and (found.ends is None or event.at > found.ends):
                found.ends = event.at
        if window.has(event.at):
            found.profile.add(event)
        elif former and window.precedes(event.at):
            former.add(event)


# -- large logs ---------------------------------------------------------------------------------------------


def _hits(files: Sequence[LogFile], window: Window) -> Found:
    """Of lines alike a few are understood; the others are only counted."""
    search = Search([file for file in files if not file.records], since=window.since, until=window.until)
    import_module("mitate.analyze.logs.answer")  # while the search goes on
    from mitate.collect.logs.events import read  # noqa: PLC0415 - as above

    found = nothing_found(window)
    for file in files:
        try:
            if found.former:
                _reach(file, found)
            if file.records:  # entries, which no search for lines can tell apart
                _read(file, read(file, TROUBLE), window, found)
        except CannotSee as error:
            found.unreadable.append((file.name, str(error)))
    for hits in search.found():
        try:
            _sample(hits, window, found)
        except CannotSee as error:
            hits.trouble = hits.trouble or str(error)
        if hits.trouble:
            found.unreadable.append((hits.file.name, hits.trouble))
    return found


def _reach(file: LogFile, found: Found) -> None:
    """From when to when a log goes, of which only some lines are looked at."""
    from mitate.collect.logs.at import begins, ends  # noqa: PLC0415 - as above

    at, end = begins(file), ends(file)
    if found.former and at is not None:
        found.former.reaches(file.host, file.name, file.service, at)
    if end is not None and (found.ends is None or end > found.ends):
        found.ends = end


def _sample(hits: Hits, window: Window, found: Found) -> None:
    """Looks at some lines of each kind; the others are taken to be like the last of them."""
    from mitate.collect.logs.at import read_at  # noqa: PLC0415 - as above

    kinds = {position: kind for kind in hits.kinds for position in kind.samples}
    last: dict[int, Event] = {}
    looked: dict[int, int] = {}
    for position, event in read_at(hits.file, kinds):
        kind = kinds[position]
        last[id(kind)] = event
        looked[id(kind)] = looked.get(id(kind), 0) + 1
        if kind.earlier:
            if found.former:
                found.former.add(event)
        elif window.has(event.at):
            found.profile.add(event)
    for kind in hits.kinds:
        like, samples = last.get(id(kind)), len(kind.samples)
        more = (kind.count - samples) * looked.get(id(kind), 0) // samples
        if like is None or more <= 0:
            continue
        if kind.earlier:
            if found.former:
                found.former.add(like, more)
        else:
            found.profile.add_more(like, more)


# -- around the examples ------------------------------------------------------------------------------------


def _in_context(groups: Sequence[Group], files: Sequence[LogFile]) -> tuple[Group, ...]:
    """The groups, the first of them with what stands around their examples."""
    from mitate.collect.logs.at import around  # noqa: PLC0415 - as above

    shown = [(group, group.spot) for group in groups if group.spot and group.example][:IN_CONTEXT]
    done: dict[int, Group] = {}
    for file in files:
        here = [(group, at) for group, at in shown if at.file == file.name and group.rank not in done]
        if not here:
            continue
        try:
            found = dict(around(file, {at.position for _, at in here}))
        except CannotSee:
            continue  # it was read before, and what is wrong with it was said then
        for group, at in here:
            near = found.get(at.position)
            if near and near.message[:100] == group.example[0][:100]:  # else of another log of that name
                done[group.rank] = msgspec.structs.replace(
                    group, context=near.before, context_after=near.after
                )
    return tuple(done.get(group.rank, group) for group in groups)
