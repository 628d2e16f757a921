"""The waterfall: which of its lines are worth showing, and the picture of it for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

import msgspec
from rich.cells import set_cell_size
from rich.console import Console
from rich.text import Text

from mitate.model.placement import Stage, StageLeft
from mitate.report.digest.lines import hang
from mitate.report.digest.words import clean, listing
from mitate.report.placement.words import loss

ALL = 14
"""Lines up to which the waterfall is shown in full; of a longer one, those that turn nobody away are
told together."""
ALL_HOSTS = "hosts"
"""The name of the first line: how many there are in all."""
STYLE = {
    Stage.REQUEST: "magenta",
    Stage.PLACEMENT: "blue",
    Stage.FILTERS: "cyan",
    Stage.CLAIM: "yellow",
    Stage.SPAWN: "red",
}
REMAINS, DOUBT, LOST = "█", "▒", "░"
_GUTTER = 12
_NARROW = 60
"""Columns below which the stages have no column of their own."""


class Step(msgspec.Struct, frozen=True):
    """One line of the picture. before: how many hosts were left before it; doubts: of how many of them it
    could not be told. names: of several lines that changed nothing, told together; line is the last of them.
    """

    line: StageLeft
    before: int
    doubts: int = 0
    names: tuple[str, ...] = ()


def steps(waterfall: Sequence[StageLeft]) -> list[Step]:
    """The picture's lines. Once nobody is left, what would have come after is told together, too."""
    every = [
        Step(line, above.left, above.unknown)
        for above, line in zip((*waterfall[:1], *waterfall), waterfall, strict=False)
    ]
    dead = next((place for place, step in enumerate(every) if not step.line.left), len(every))
    found: list[Step] = []
    for (dull, _), run in groupby(
        enumerate(every), lambda each: (_dull(each, dead, len(every)), each[1].line.stage)
    ):
        members = [step for _, step in run]
        if dull and len(members) > 1:
            names = tuple(step.line.name for step in members)
            found.append(Step(members[-1].line, members[0].before, members[0].doubts, names))
        else:
            found += members
    return found


def _dull(each: tuple[int, Step], dead: int, lines: int) -> bool:
    """It shows nothing that the line above does not; the first line, and a no of Nova's own, always show."""
    place, step = each
    line = step.line
    agrees = line.nova_left is None or line.nova_left == line.left
    dies = place > dead or (place and lines > ALL)
    return bool(dies and agrees and line.left == step.before and line.unknown == step.doubts)


def stages(shown: Sequence[Step]) -> Iterator[str]:
    """What to call the stage at each line: its name where it begins, "" below, and beside all hosts."""
    above: Stage | None = None
    for step in shown:
        here = None if step.line.name == ALL_HOSTS else step.line.stage
        yield here.value if here is not None and here is not above else ""
        above = here


def cells(number: int, most: int, room: int) -> int:
    """Of ``room`` cells, those that ``number`` hosts of ``most`` take; nobody takes none, one host one.

    >>> cells(0, 5000, 20), cells(1, 5000, 20), cells(2500, 5000, 20), cells(5000, 5000, 20)
    (0, 1, 10, 20)
    """
    return max(1, round(room * number / most)) if number and most else 0


def picture(page: Console, waterfall: Sequence[StageLeft]) -> Iterator[Text]:
    """A bar a line: what remains █, what only remains because it could not be told ▒, what it cost ░."""
    shown = steps(waterfall)
    if not shown:
        return
    most = max(step.line.left for step in shown)
    number = max(len(f"{most:,}"), 4)
    nova = number + 4 if any(step.line.nova_left is not None for step in shown) else 0
    widest = max(len(clean(_name(step.line))) for step in shown if not step.names)
    gutter, share = (2, 3) if page.width < _NARROW else (_GUTTER, 2.5)
    name = min(widest, 34, int((page.width - gutter) / share))
    room = max(2, page.width - gutter - name - 2 * number - nova - 5)
    if nova:
        left = gutter + name + room + number + 3
        yield Text(f"{'left':>{left}}{'Nova':>{2 * number + 4}}", "dim")
    for step, label in zip(shown, stages(shown), strict=True):
        line = step.line
        lead = Text.assemble("  ", (f"{label:<{gutter - 2}}" if gutter > 2 else "", STYLE[line.stage]))
        if step.names:
            yield from hang(page, lead, Text(_together(step), "dim"))
            continue
        said = lead.append(set_cell_size(clean(_name(line), name), name)).append("  ")
        said.append_text(_bar(step, most, room)).append(f" {line.left:>{number},}", "bold")
        said.append(f" {loss(line, step.before):>{number + 1}}", "red" if line.left < step.before else "")
        if line.nova_left is not None:
            agrees = line.nova_left == line.left
            said.append(f"  {line.nova_left:>{number},}", "dim" if agrees else "bold yellow")
            said.append("" if agrees else " ≠", "bold yellow")
        said.rstrip()
        yield said
        if line.unknown > step.doubts:
            doubt = f"{line.unknown:,} of them only because it could not be told"
            yield from hang(page, Text(" " * gutter), Text(doubt, "yellow"))


def _name(line: StageLeft) -> str:
    """Beside "filters", each name need not end in "Filter"."""
    return line.name.removesuffix("Filter") if line.stage is Stage.FILTERS else line.name


def _together(step: Step) -> str:
    those = listing(step.names, 3)
    if not step.line.left:
        return f"… {those}: nobody is left to be asked"
    return f"… {those}: all {step.line.left:,} stay"


def _bar(step: Step, most: int, room: int) -> Text:
    line = step.line
    sure = cells(line.left - line.unknown, most, room)
    remains = max(sure, cells(line.left, most, room))
    before = max(remains, cells(step.before, most, room))
    bar = Text(REMAINS * sure, STYLE[line.stage] if line.name != ALL_HOSTS else "")
    bar.append(DOUBT * (remains - sure), "yellow").append(LOST * (before - remains), "dim red")
    return bar.append(" " * (room - before))
