"""``mitate explain``: the manual page of a check, a reason code, a scheduler filter or a fault."""

from __future__ import annotations

import argparse
import difflib
import sys
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mitate.model.errors import CannotStart

if TYPE_CHECKING:
    from mitate.cli._pages import Page

EXAMPLE = """\
example:
  mitate explain                           all there is to read about
  mitate explain agent_process_frozen      a check
  mitate explain timeout                   a reason why something did not answer
  mitate explain RTR_RPFILTER              a reason why a packet does not arrive
  mitate explain NUMATopologyFilter        a filter of Nova's scheduler
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    said = "the manual page of a check, a reason, a scheduler filter or a fault"
    parser = subparsers.add_parser(
        "explain",
        help=said,
        description=f"Shows {said}; without an ID, what there is.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("id", nargs="?", metavar="ID", help="as reports and lists name it")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Raises CannotStart, with the nearest names, for an id that is none."""
    from mitate.cli._pages import pages  # noqa: PLC0415 - slow
    from mitate.cli._tell import show  # noqa: PLC0415

    every = list(pages())
    if arguments.id is None:
        show(_contents(every))
        return 0
    found = [page for page in every if page.id == arguments.id]
    if not found:
        near = difflib.get_close_matches(arguments.id, [page.id for page in every], 3, 0.5)
        said = f"did you mean {' or '.join(near)}?" if near else "`mitate explain` lists all there is"
        raise CannotStart(f"there is no page about {arguments.id!r}; {said}")
    show("\n".join(map(_emphasised, found)))
    return 0


def _contents(pages: Sequence[Page]) -> str:
    from mitate.cli._pages import KINDS  # noqa: PLC0415 - slow

    lines = []
    for kind, title in KINDS.items():
        lines += ["", title]
        for page in pages:
            if page.kind == kind:
                lines += [f"  {page.id}", textwrap.indent(textwrap.fill(page.title, 74), "      ")]
    return "\n".join(lines[1:]) + "\n"


def _emphasised(page: Page) -> str:
    """The page under its name; headings stand out on a terminal."""
    bold, plain = ("\x1b[1m", "\x1b[0m") if sys.stdout.isatty() else ("", "")
    first, *rest = page.text.splitlines()
    lines = [f"{bold}{line}{plain}" if line and not line.startswith(" ") else line for line in rest]
    return "\n".join([f"{bold}{page.id}{plain} ({page.kind})", "", first, *lines]) + "\n"
