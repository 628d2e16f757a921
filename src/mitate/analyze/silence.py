"""Why OpenStack does not hear a service whose process runs: the likeliest reason, and what shows it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from statistics import median

import msgspec

from mitate.analyze.life import Key, Life, by_host
from mitate.analyze.peers import BROKER, complaint, listening, talk
from mitate.analyze.stopped import last_words
from mitate.analyze.words import short
from mitate.model.host import HostIdentity, LogLine, Socket
from mitate.model.source import Fact

STARTING = timedelta(seconds=60)
"""A process this young has not had the time for its first report."""

BEFORE_IT_FELL_SILENT = timedelta(seconds=30)

SKEW_S = 30.0
"""A clock this far off makes fresh heartbeats look old: service_down_time is 60 s, agent_down_time 75 s."""

REFUSED = re.compile(r"ACCESS_REFUSED|Login was refused|AccessRefused")
UNANSWERED = re.compile(
    r"Failed reporting state|Timed out waiting for a reply|MessagingTimeout|Timeout in RPC method"
)


class Reason(msgspec.Struct, frozen=True):
    says: str
    seen: tuple[Fact, ...] = ()


def starting(life: Life) -> bool:
    main = life.main
    return bool(main and main.started_at and main.source.at - main.started_at < STARTING)


def skew_s(identities: Iterable[HostIdentity]) -> dict[str, float]:
    """How far the clock of each host is off, in seconds, from the middle of all hosts and ours."""
    offsets = {i.source.host: i.clock_offset_s for i in identities if i.clock_offset_s is not None}
    middle = median([0.0, *offsets.values()])
    return {host: offset - middle for host, offset in offsets.items()}


class Clues(msgspec.Struct, frozen=True):
    """Where the reasons are looked for, by host. broker: the ports of the message broker."""

    sockets: Mapping[str, Sequence[Socket]]
    logs: Mapping[str, Sequence[LogLine]]
    clocks: Mapping[str, Sequence[HostIdentity]]
    off_s: Mapping[str, float]
    broker: frozenset[int]


def clues(
    everything: Mapping[Key, Life],
    sockets: Sequence[Socket],
    logs: Sequence[LogLine],
    identities: Sequence[HostIdentity],
) -> Clues:
    ports = listening(BROKER, everything, sockets)
    return Clues(by_host(sockets), by_host(logs), by_host(identities), skew_s(identities), ports)


def why_unheard(life: Life, clues: Clues, heard: datetime | None) -> Reason:
    """The reasons in the order in which one rules out the next.

    heard: its last report. What its log said long before that did not keep it from reporting.
    """
    logs = [
        line
        for line in clues.logs.get(life.host, ())
        if not (line.at and heard and line.at < heard - BEFORE_IT_FELL_SILENT)
    ]
    own = [line for line in logs if line.service == life.service]
    refused = _newest(line for line in own if REFUSED.search(line.message[:2000]))
    talking = talk(life, clues.sockets.get(life.host, ()), clues.broker)
    if refused and not talking.established:
        return Reason("the broker refuses its user or password", (refused,))
    unreachable = complaint(BROKER, logs, life.host, life.service)
    if talking.known and not talking.established:
        said = f" and says: {short(unreachable.message)}" if unreachable else ""
        return Reason(
            f"it has no connection to the message broker{said}",
            (*talking.trying[:1], *((unreachable,) if unreachable else ())),
        )
    off = clues.off_s.get(life.host, 0.0)
    if abs(off) >= SKEW_S:
        clocks = tuple(clues.clocks.get(life.host, ()))
        return Reason(f"the clock of its host is {off:+.0f} s off, so its reports look old", clocks)
    unanswered = _newest(line for line in own if UNANSWERED.search(line.message[:2000]))
    if unanswered:
        return Reason(
            f"it is connected to the broker, but its reports get no answer: {short(unanswered.message)}",
            (unanswered, *talking.established[:1]),
        )
    error = last_words(logs, life.host, life.service)
    if error:
        return Reason(f"its last error is: {short(error.message)}", (error, *talking.established[:1]))
    return Reason(
        "it is connected to the broker and its log is silent: it hangs, or what it sends is lost on the way"
        if talking.established
        else "neither its log nor its sockets tell why",
        talking.established[:1],
    )


def _newest(lines: Iterable[LogLine]) -> LogLine | None:
    """The newest line of the last ten minutes."""
    recent = [line for line in lines if line.at and line.source.at - line.at < timedelta(minutes=10)]
    return max(recent, key=lambda line: line.at or line.source.at, default=None)
