"""What logs say went wrong: groups of events alike, and what a healthy time had and this has not."""

from __future__ import annotations

import enum

import msgspec

from mitate.model.logs import Event, Frame
from mitate.model.source import Fact


class LogTrouble(Fact, frozen=True, kw_only=True):
    """An error, or a failing answer of an API, that a host's log tells of."""

    telling = ("event",)
    event: Event


class LogLooked(Fact, frozen=True, kw_only=True):
    """How many bytes of one log a host looked through; none of them travelled but what was found.

    begins: seconds since 1970, from when on all that was found is told; None where the log tells no time.
    cut: the log goes further back than that.
    """

    telling = ("bytes",)
    bytes: int
    service: str = ""
    file: str = ""
    begins: float | None = None
    cut: bool = False


class LogAround(Fact, frozen=True, kw_only=True):
    """What a process wrote before and after an event. moment, process: of that event, as it was asked for."""

    telling = ("file",)
    file: str
    moment: str
    process: int
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


class Kind(enum.StrEnum):
    """What a group is made of."""

    ERROR = "error"
    """Lines of level ERROR and above, and tracebacks."""
    HTTP = "http"
    """Answers of an API that say no."""
    STUCK = "stuck"
    """What began and did not end."""
    MISSING = "missing"
    """What always followed in the baseline and did not here."""
    SLOWER = "slower"
    SILENT = "silent"
    """A service that stopped writing."""
    CLUE = "clue"
    """Code near what failed, which it is worth looking at as well."""


class Outcome(enum.StrEnum):
    """What became of it: the group failed something, or not."""

    FAILED = "failed"
    RECOVERED = "recovered"
    """It was tried again, and then went well."""
    USUAL = "usual"
    """The baseline has as many of them."""
    ASIDE = "aside"
    """A warning, a deprecation, a teardown: by itself no failure."""


class Surge(enum.StrEnum):
    """That something came since the time that was asked for, and not before, or ten times as often."""

    NEW = "new"
    MORE = "more"


class Spot(msgspec.Struct, frozen=True):
    """Where an event stands. position: bytes. at: seconds since 1970."""

    host: str = ""
    file: str = ""
    position: int = 0
    at: float | None = None
    process: int | None = None


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Events alike. template: their words with ids and numbers masked. first, last: seconds since 1970.

    origin: the code that failed, as far as it is told; in what a traceback does not tell, function is "" and
    line 0. before: how many the baseline has of it, None without one. echo_of: the rank of the group that
    this one is an echo of. why: one sentence on the rank and the outcome. spot: of the example. example:
    whole, with its traceback. context, context_after: what the same process wrote before and after it.

    rate, rate_before: per hour, since the time that was asked for and before it; earlier: how many there were
    before. They are None where no time was asked for, or nothing of the time before was there to see.
    """

    rank: int
    kind: Kind
    outcome: Outcome
    level: str
    template: str
    service: str
    project: str
    hosts: tuple[str, ...] = ()
    count: int = 1
    first: float | None = None
    last: float | None = None
    before: int | None = None
    earlier: int | None = None
    rate: float | None = None
    rate_before: float | None = None
    surge: Surge | None = None
    origin: Frame | None = None
    request_ids: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    echo_of: int | None = None
    why: str = ""
    spot: Spot | None = None
    example: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    context_after: tuple[str, ...] = ()

    @property
    def new(self) -> bool:
        """Whether a baseline was given and has none of it."""
        return self.before == 0


class Missing(msgspec.Struct, frozen=True):
    """after: the template that it always followed, "" where the whole baseline tells it. count: how often."""

    service: str
    template: str
    after: str
    count: int
    says: str


class Slower(msgspec.Struct, frozen=True):
    service: str
    what: str
    baseline_s: float
    now_s: float


class Silent(msgspec.Struct, frozen=True):
    service: str
    host: str
    last: float | None


class Read(msgspec.Struct, frozen=True):
    """What was read: bytes as they lie there. sent: bytes that hosts sent. unreadable: (name, why)."""

    files: int = 0
    bytes: int = 0
    events: int = 0
    sent: int | None = None
    unreadable: tuple[tuple[str, str], ...] = ()
    partly: str = ""
    """Why not every line was looked at, "" when every line was."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    groups: tuple[Group, ...] = ()
    missing: tuple[Missing, ...] = ()
    slower: tuple[Slower, ...] = ()
    silent: tuple[Silent, ...] = ()
    read: Read = Read()
    since: float | None = None
    until: float | None = None
    earlier: float | None = None
    """From when on the time before ``since`` was there to see."""
    compared: bool = False

    @property
    def failed(self) -> bool:
        """Whether anything failed: an origin was found, or something is missing against a baseline."""
        return any(group.outcome is Outcome.FAILED for group in self.groups)
