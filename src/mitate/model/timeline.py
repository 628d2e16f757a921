"""The life of one server or request, as one story: what was read, and what it comes to.

Times are seconds since 1970, UTC, with the clock of their host corrected.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from mitate.model.logs import Event
from mitate.model.source import Fact, Gap

# -- what is read -------------------------------------------------------------------------------------------


class Mention(Fact, frozen=True, kw_only=True):
    """A line of a log that names something that was followed. access: of a web server, with what it tells."""

    telling = ("event",)
    event: Event

    def brief(self) -> str:
        return " ".join(filter(None, (self.event.level, self.event.logger, self.event.message)))


class LogSearched(Fact, frozen=True, kw_only=True):
    """A log that was searched. debug: None where nothing tells. begins_at: of its first line. cut: more lines
    named what was followed than were taken.
    """

    telling = ("file", "debug", "begins_at")
    service: str
    file: str
    debug: bool | None = None
    begins_at: datetime | None = None
    cut: bool = False


class OwnAddress(Fact, frozen=True, kw_only=True):
    """An address of a host, to know it again in the logs of others."""

    address: str


# -- what it comes to ---------------------------------------------------------------------------------------


class Kind(StrEnum):
    """action, event: as Nova keeps them in its database. call: one service asked another over HTTP. line:
    of a log."""

    ACTION = "action"
    EVENT = "event"
    CALL = "call"
    LINE = "line"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened. at: when; of a call and an event, when it began. written: as the host's own
    clock had it. exact: whether better than to the second.

    took_s: of what has an end, None when it has none (yet), or nobody told.
    caller: (service, host) that asked; "" for what is not known. status: of HTTP. source: the log, or API.
    trouble: it tells of something that went wrong. Of errors of code: exception, origin (file:line in
    function), asking (the service, and its method, that was being asked).
    """

    at: float
    written: float
    exact: bool = True
    kind: Kind = Kind.LINE
    host: str = ""
    service: str = ""
    level: str = ""
    request: str = ""
    global_request: str = ""
    says: str = ""
    took_s: float | None = None
    status: int | None = None
    caller: tuple[str, str] = ("", "")
    trouble: bool = False
    exception: str = ""
    origin: str = ""
    asking: str = ""
    source: str = ""


class Silence(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing was written for a while. before: the entry (by its place) that ended it. waited: who did, for
    whom, in words; "" when nobody can tell. proved: a line or a call says so; else it is what Nova does.
    """

    before: int
    seconds: float
    says: str
    waited: str = ""
    proved: bool = False


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """One service asked another. how: HTTP, call (waits for the reply) or cast (does not).

    began, took_s: None where nothing tells. proved: a line says so; else it is what the release's code does
    for such an action.
    """

    caller: tuple[str, str]
    callee: tuple[str, str]
    how: str
    what: str
    request: str = ""
    began: float | None = None
    took_s: float | None = None
    answered: bool | None = None
    proved: bool = False


class RequestSeen(msgspec.Struct, frozen=True, kw_only=True):
    """One request of the story. action: Nova's name for it, or how it was told. parent: the request that it
    belongs to, for those that a service made on its behalf. result: Success, Error, "" when it is not over
    or nobody tells. lines: of logs, that carry it.
    """

    id: str
    action: str = ""
    parent: str = ""
    began: float | None = None
    ended: float | None = None
    result: str = ""
    services: tuple[str, ...] = ()
    lines: int = 0
    why: str = ""


class Followed(msgspec.Struct, frozen=True):
    """kind: server, request, port, volume, image, device, domain. why: how it came to be followed."""

    kind: str
    id: str
    why: str


class Clock(msgspec.Struct, frozen=True):
    """offset_s: the host's clock minus ours; None when it was not measured. corrected: by how much its lines
    were moved. within_s: how good the measurement is."""

    host: str
    offset_s: float | None
    corrected_s: float = 0.0
    within_s: float = 0.0


class Reader(msgspec.Struct, frozen=True, kw_only=True):
    """A log as it was searched. lines: that belong to the story."""

    host: str
    service: str
    file: str
    debug: bool | None
    lines: int


class Routine(msgspec.Struct, frozen=True, kw_only=True):
    """What was written about it again and again, and is no part of the story."""

    host: str
    service: str
    says: str
    times: int
    first: float
    last: float


class Outcome(StrEnum):
    """of the story: it went well, went well in the end, failed, is not over, or nobody can tell."""

    WELL = "well"
    RECOVERED = "recovered"
    FAILED = "failed"
    RUNNING = "running"
    UNKNOWN = "unknown"


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    """first_error: the place of the entry. blind: what cannot be seen, in sentences; gaps: who did not
    answer."""

    cloud: str
    taken_at: datetime
    kind: str
    id: str
    name: str = ""
    outcome: Outcome = Outcome.UNKNOWN
    says: str = ""
    first_error: int | None = None
    entries: tuple[Entry, ...] = ()
    silences: tuple[Silence, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    requests: tuple[RequestSeen, ...] = ()
    followed: tuple[Followed, ...] = ()
    clocks: tuple[Clock, ...] = ()
    readers: tuple[Reader, ...] = ()
    routine: tuple[Routine, ...] = ()
    blind: tuple[str, ...] = ()
    gaps: tuple[Gap, ...] = ()
    took_s: float = 0.0
    api_requests: int = 0
    bytes_read: int = 0
