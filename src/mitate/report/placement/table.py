"""The resources of the hosts nearest to fitting, as a table for a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from rich.console import Console
from rich.text import Text

from mitate.model.diagnosis import State
from mitate.model.placement import Usage
from mitate.report.digest.lines import hang
from mitate.report.digest.verdict import MARK
from mitate.report.digest.words import clean
from mitate.report.placement.words import amount, free, holders, mark, short, sum_of, unfitting

HOSTS = 4
"""Hosts whose resources are shown."""
_CELLS: dict[str, Callable[[Usage], str]] = {
    "": lambda usage: clean(usage.resource_class, 24),
    "wanted": lambda usage: f"{usage.wanted:,}",
    "capacity": sum_of,
    "gives": lambda usage: amount(usage.capacity),
    "used": lambda usage: amount(usage.used),
    "free": lambda usage: amount(free(usage)),
}
_COLUMNS = (
    ("", "wanted", "capacity", "used", "free"),
    ("", "wanted", "gives", "used", "free"),
    ("", "wanted", "free"),
)
"""The widest that the page has room for is taken; capacity also tells how it comes."""
_INDENT, _MARK = 4, 3


def resources(page: Console, usages: Sequence[Usage]) -> Iterator[Text]:
    """Wanted, what there is and how that comes, used, free; below what is not enough, why and who has it."""
    hosts = list(dict.fromkeys(usage.host for usage in usages))[:HOSTS]
    shown = [usage for usage in usages if usage.host in hosts]
    for columns in _COLUMNS:
        rows = [tuple(_CELLS[name](usage) for name in columns) for usage in shown]
        widths = [max(map(len, column)) for column in zip(columns, *rows, strict=True)]
        if _INDENT + sum(widths) + 2 * len(widths) + _MARK <= page.width:
            break
    for host in hosts:
        name = clean(host, page.width - 2)
        if len(name) > widths[0] + 2:  # it has a line of its own
            yield Text(f"  {name}", "bold cyan")
            name = ""
        yield Text.assemble(
            (f"  {name:<{widths[0] + 2}}", "bold cyan"),
            (_line(columns, widths)[_INDENT + widths[0] :], "dim"),
        )
        for usage, row in zip(shown, rows, strict=True):
            if usage.host == host:
                yield from _usage(page, usage, _line(row, widths))


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    first, *numbers = row
    return "  ".join(
        (
            f"{' ' * _INDENT}{first:<{widths[0]}}",
            *(f"{cell:>{width}}" for cell, width in zip(numbers, widths[1:], strict=True)),
        )
    )


def _usage(page: Console, usage: Usage, row: str) -> Iterator[Text]:
    missing, unfit = short(usage), unfitting(usage)
    state = mark(usage)
    style = {State.PROBLEM: "red", State.UNKNOWN: "yellow", State.OK: "green"}[state]
    said = Text(row).append(f"  {MARK[state]}", style)
    if missing and said.cell_len + 1 + len(missing) <= page.width:
        said.append(f" {missing}", style)
        missing = ""
    yield said
    held = f"held by {holders(usage)}" if usage.by and short(usage) else ""
    for words, look in (("; ".join(filter(None, (missing, unfit))), "red"), (held, "dim")):
        if words:
            yield from hang(page, Text(" " * (_INDENT + 2)), Text(words, look))
