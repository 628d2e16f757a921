"""Lines for a terminal: a page of a width, text that breaks within its column, labels before it."""

from __future__ import annotations

import io
from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from mitate.report import Options


def page(options: Options) -> Console:
    """A console that keeps what is printed; ``printed`` gives it."""
    return Console(
        file=io.StringIO(),
        width=options.width,
        force_terminal=options.colour,
        color_system="standard" if options.colour else None,
        highlight=False,
        emoji=False,
        markup=False,
        legacy_windows=False,
        _environ={},
    )


def printed(page: Console) -> str:
    assert isinstance(page.file, io.StringIO)
    return page.file.getvalue()


def wrapped(page: Console, text: Text, room: int) -> Iterator[Text]:
    """Lines of at most ``room`` columns, though never fewer than 20."""
    for line in text.wrap(page, max(20, room)):
        line.rstrip()
        yield line


def hang(page: Console, lead: Text, body: Text, left: int = 0, room: int = 0) -> Iterator[Text]:
    """``body`` wrapped beside ``lead``; ``left`` columns are taken already by what stands before.

    room: columns in all, those of the page where it is 0.
    """
    indent = Text(" " * lead.cell_len)
    for line in wrapped(page, body, (room or page.width) - left - lead.cell_len):
        yield Text.assemble(lead, line)
        lead = indent
