"""What all formats say alike of logs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from mitate.model.diagnosis import State
from mitate.model.log_answer import Answer, Group, Kind, Outcome
from mitate.report.digest.words import clean, count, lasting, listing, moment

_UNITS = ("bytes", "kB", "MB", "GB", "TB")
REST = {
    Outcome.RECOVERED: "Recovered",
    Outcome.ASIDE: "No failure by itself",
    Outcome.USUAL: "As in the baseline",
}


def state(answer: Answer) -> State:
    if answer.failed:
        return State.PROBLEM
    return State.UNKNOWN if answer.read.unreadable else State.OK


def status(answer: Answer) -> int:
    """The exit status that says it."""
    return {State.OK: 0, State.PROBLEM: 1, State.UNKNOWN: 3}[state(answer)]


def headline(answer: Answer) -> str:
    """The verdict in one sentence."""
    roots = [group for group in answer.groups if group.outcome is Outcome.FAILED and group.echo_of is None]
    if not roots:
        if state(answer) is State.UNKNOWN:
            lacking = count(len(answer.read.unreadable), "place")
            if not answer.read.events:
                return f"What failed cannot be said: nothing was to be read in {lacking}."
            return f"Nothing failed by what could be read, but {lacking} could not be read."
        others = sum(group.kind is Kind.ERROR for group in answer.groups)
        had = f"; {count(others, 'kind')} of errors did no harm" if others else ""
        return f"Nothing failed by these logs{had}."
    echoes = sum(
        group.outcome is Outcome.FAILED and group.echo_of is not None and group.kind is not Kind.CLUE
        for group in answer.groups
    )
    who = clean(roots[0].service or roots[0].project or "an unknown service", 60)
    if len(roots) == 1:
        began = f"It failed in {who}"
    else:
        began = f"{count(len(roots), 'thing')} failed; the likeliest origin is {who}"
    after = f", with {count(echoes, 'echo', 'echoes')}" if echoes else ""
    return f"{began}{place(roots[0])}{after}."


def place(group: Group) -> str:
    """`` (nova/virt/driver.py, spawn, line 12)``, "" where no code is told."""
    code = source(group)
    return f" ({code})" if code else ""


def source(group: Group) -> str:
    origin = group.origin
    if origin is None:
        return ""
    parts = [clean(origin.file, 120)]
    if origin.function:
        parts.append(clean(origin.function, 60))
    if origin.line:
        parts.append(f"line {origin.line}")
    return ", ".join(parts)


def read(answer: Answer) -> str:
    """What was read, and what not."""
    told = answer.read
    said = f"{count(told.files, 'log')}, {size(told.bytes)}, {count(told.events, 'event')}"
    if told.sent is not None:
        said += f"; the hosts sent {size(told.sent)}"
    if told.unreadable:
        names = [f"{name}: {why}" for name, why in told.unreadable]
        said += f"; could not be read: {listing(names, 3)}"
    if told.partly:
        said += f"; {told.partly}"
    if answer.earlier is not None and answer.since is not None:
        lasted = lasting(at(answer.earlier), at(answer.since)) or "less than a second"
        said += f"; rates before are of the {lasted} before {moment(at(answer.since))}"
    elif answer.since is not None:
        said += f"; nothing from before {moment(at(answer.since))} was there to hold it against"
    return said


def size(number: int) -> str:
    """
    >>> size(999), size(123_456_789)
    ('999 bytes', '123.5 MB')
    """
    value, unit = float(number), 0
    while value >= 1000 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{number:,} bytes" if unit == 0 else f"{value:,.1f} {_UNITS[unit]}"


def when(group: Group) -> str:
    if group.first is None or group.last is None:
        return ""
    first, last = at(group.first), at(group.last)
    return moment(first) if group.last - group.first < 1 else f"{moment(first)[:-4]} to {moment(last, first)}"


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(max(0.0, min(seconds, 4e9)), UTC)


def where(group: Group) -> str:
    return listing(list(group.hosts), 3)


def often(group: Group) -> str:
    said = [f"{group.count:,} ×"]
    if group.rate is not None:
        said.append(_rates(group, group.rate))
    if group.new:
        said.append("new")
    elif group.before is not None:
        said.append(f"{group.before:,} × in the baseline")
    return ", ".join(said)


def _rates(group: Group, rate: float) -> str:
    """How often it comes, against the time before."""
    before = group.rate_before
    if before is None:
        return f"{hourly(rate)}, not to be seen before"
    if not before:
        return f"{hourly(rate)}, none before"
    more = f" ({rate / before:,.0f} times)" if group.surge else ""
    return f"{hourly(rate)}, before {hourly(before)}{more}"


def hourly(rate: float) -> str:
    """
    >>> hourly(1234.5), hourly(2.25), hourly(0.5)
    ('1,234 an hour', '2.2 an hour', '12 a day')
    """
    if rate < 1:
        return f"{rate * 24:.2g} a day"
    return f"{rate:,.0f} an hour" if rate >= 10 else f"{rate:.1f} an hour"


def failed(groups: Sequence[Group]) -> list[tuple[Group, list[Group]]]:
    """Each likely origin with its echoes."""
    roots: list[tuple[Group, list[Group]]] = []
    for group in groups:
        if group.outcome is not Outcome.FAILED:
            continue
        if group.echo_of is None or not roots:
            roots.append((group, []))
        else:
            roots[-1][1].append(group)
    return roots
