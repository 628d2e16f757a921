"""What drifted apart, for a terminal: the differences in rank order, the time line, what is worth knowing."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.text import Text

from mitate.model.diagnosis import Severity, State
from mitate.model.drift import Drift
from mitate.report import DEFAULTS, Options
from mitate.report.digest.verdict import MARK
from mitate.report.digest.words import clean, count, moment, place
from mitate.report.drift.words import BESIDE, Alike, alike, before, headline, labels, since, where

MOST = 30
"""Differences told in full, and lines of the time line; --format json tells all."""
STYLE = {State.PROBLEM: "bold red", State.UNKNOWN: "yellow", State.OK: "green"}
NOTES = 12


def render(drift: Drift, options: Options = DEFAULTS) -> str:
    console = Console(
        width=options.width,
        force_terminal=options.colour,
        no_color=not options.colour,
        color_system="auto" if options.colour else None,
        highlight=False,
        markup=False,
        emoji=False,
    )
    with console.capture() as said:
        for part in _parts(drift):
            console.print(part)
    return "".join(f"{line.rstrip()}\n" for line in said.get().splitlines())


def _parts(drift: Drift) -> Iterator[RenderableType]:
    compared = f", compared with {moment(drift.earlier)}" if drift.earlier else ""
    yield Text(f"cloud {clean(drift.cloud)}  {moment(drift.taken_at)}{compared}", "dim")
    yield Text()
    yield Text.assemble((f"{MARK[drift.state]} ", STYLE[drift.state]), (headline(drift), "bold"))
    found = alike(drift.differences)
    for number, one in enumerate(found[:MOST], 1):
        yield from _difference(number, one, drift)
    if len(found) > MOST:
        yield Text(f"  … and {len(found) - MOST:,} more (--format json)")
    yield from _timeline(drift)
    if drift.notes:
        yield Text("\nWorth knowing", "bold")
        yield from (_indented(clean(note, 400)) for note in drift.notes[:NOTES])
        if len(drift.notes) > NOTES:
            yield Text(f"  … and {len(drift.notes) - NOTES:,} more (--format json)")
    if drift.gaps:
        yield Text("\nNot seen", "bold")
        yield from (
            _indented(f"{place(gap.where)}: {gap.what}: {clean(gap.why)}") for gap in drift.gaps[:NOTES]
        )


def _difference(number: int, one: Alike, drift: Drift) -> Iterator[RenderableType]:
    first = one.first
    state = State.UNKNOWN if first.severity is Severity.INFO else State.PROBLEM
    yield Text()
    yield Text.assemble(
        f"{number:3} ", (clean(first.what, 200), STYLE[state]), "  ", (clean(where(one), 300), "bold")
    )
    yield _indented(clean(first.says, 900))
    here, there = labels(first)
    for name, value in ((here, first.here), (there, first.there), ("since", since(first, drift))):
        if value:
            yield _indented(f"{name:7}  {clean(value, 300)}")
    for command in first.fix:
        yield _indented(f"{'fix':7}  {clean(command, 300)}")


def _timeline(drift: Drift) -> Iterator[RenderableType]:
    if error := drift.first_error:
        yield Text("\nThe first error", "bold")
        yield _indented(f"{moment(error.at, drift.taken_at)}  {clean(error.host)}  {clean(error.says, 400)}")
        yield from (_indented(f"  {clean(before(each, error), 400)}") for each in error.before[:BESIDE])
    if drift.changes:
        yield Text("\nWhat was changed, the newest last", "bold")
    if len(drift.changes) > MOST:
        yield Text(f"  … {count(len(drift.changes) - MOST, 'change')} before these (--format json)")
    for each in drift.changes[-MOST:]:
        clock = moment(each.at, drift.taken_at).removesuffix(" UTC")
        yield _indented(f"{clock}  {clean(each.host) or 'API'}  {each.kind}: {clean(each.says, 400)}")


def _indented(words: str) -> RenderableType:
    return Padding(Text(words), (0, 0, 0, 4))
