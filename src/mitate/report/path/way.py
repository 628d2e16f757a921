"""One way of a packet as lines: hop under hop, what was done in each, and where it died."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from mitate.model.diagnosis import State
from mitate.model.trace import Disposition, Hop, Step, Trace
from mitate.report.digest.lines import hang, wrapped
from mitate.report.digest.verdict import MARK
from mitate.report.digest.words import clean
from mitate.report.path.words import CHANGES, SAID, TITLE, dead_at, devices, gathered, label, told, where

LABELS = 10
"""Columns that the names of steps take."""
SHORT = 70
"""Columns below which namespaces are shown without the tail of their UUID."""

_DEAD, _CHANGED, _WOULD = "bold red", "bold yellow", "dim"


def way(page: Console, trace: Trace, room: int, real: bool = True) -> Iterator[Text]:
    """Lines of at most ``room`` columns. real: False when no packet ever began this way.

    What would have happened after a death is dim.
    """
    would = "" if real else ", had it been sent"
    title = Text.assemble((TITLE[trace.direction], "bold"), f"{would}, {trace.size} bytes")
    yield from wrapped(page, title, room)
    yield from wrapped(page, Text(clean(trace.flow, 120), "bold"), room)
    death = dead_at(trace)
    for number, hop in enumerate(trace.hops):
        dead = death is not None and number == death[0]
        yield from _head(page, hop, room, not real or (death is not None and number > death[0]), dead)
        for place, step in gathered(hop):
            yield from _step(page, step, room, not real or (death is not None and (number, place) > death))
            if (number, place) == death:
                yield from _end(page, trace, room)
                if number + 1 < len(trace.hops) or any(later > place for later, _ in told(hop)):
                    yield Text("┆ had it gone on:", _WOULD)
    if death is None or death[1] == len(trace.hops[death[0]].steps):
        yield from _end(page, trace, room)


def _head(page: Console, hop: Hop, room: int, would: bool, dead: bool) -> Iterator[Text]:
    """Where it is, and by which devices it comes and goes: in one line where there is room."""
    mark, style = ("✘", _DEAD) if dead else ("○", _WOULD) if would else ("●", "bold")
    lead, name = Text(f"{mark} ", style), Text(where(hop, room < SHORT), _WOULD if would else "bold cyan")
    through = Text(devices(hop), _WOULD if would else "")
    if lead.cell_len + name.cell_len + 2 + through.cell_len <= room:
        yield Text.assemble(lead, name, "  " if through else "", through)
        return
    yield from _beside(page, lead, name, room, would)
    if through:
        yield from _beside(page, Text(f"{_line(would)}   ", "dim"), through, room, would)


def _step(page: Console, step: Step, room: int, would: bool) -> Iterator[Text]:
    lead = Text.assemble((f"{_line(would)}   {label(step):<{LABELS}} ", "dim"))
    words = clean(step.did)
    if step.reason:
        words = f"{MARK[State.PROBLEM]} {clean(step.reason, 60)}: {words}"
    style = _WOULD if would else _DEAD if step.reason else _CHANGED if step.kind in CHANGES else ""
    yield from _beside(page, lead, Text(words, style), room, would)


def _end(page: Console, trace: Trace, room: int) -> Iterator[Text]:
    mark, style = _ended(trace.disposition)
    why = f" ({clean(trace.reason, 60)})" if trace.reason else ""
    yield from hang(page, Text(f"{mark} ", style), Text(SAID[trace.disposition] + why, style), room=room)


def _ended(disposition: Disposition) -> tuple[str, str]:
    """Its sign and colour."""
    if disposition.succeeds:
        return MARK[State.OK], "bold green"
    return (MARK[State.UNKNOWN], "bold yellow") if disposition.unknown else (MARK[State.PROBLEM], _DEAD)


def _beside(page: Console, lead: Text, body: Text, room: int, would: bool) -> Iterator[Text]:
    """As ``hang``, and the line down goes on beside what was wrapped."""
    first, *rest = hang(page, lead, body, room=room)
    yield first
    for line in rest:
        yield Text.assemble((_line(would), "dim"), line[1:])


def _line(would: bool) -> str:
    return "┆" if would else "│"
