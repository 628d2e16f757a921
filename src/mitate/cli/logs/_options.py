"""What ``mitate logs server`` and ``mitate logs request`` have in common."""

from __future__ import annotations

import argparse

from mitate.cli import _where

FORMATS = ("text", "json", "html")
STATUS = """
T is a time (2026-11-22, 2026-11-22T13:28, UTC) or how long ago (90s, 15min, 2h, 3d).

exit status:
  0 no failure in what could be seen    1 it failed
  2 could not start                     3 nothing could be seen
"""


def add_verb(
    verbs: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    said: str,
    metavar: str,
    example: str,
) -> argparse.ArgumentParser:
    """A verb whose argument is the id of what is followed."""
    parser = verbs.add_parser(
        name,
        help=said,
        description=f"{said.capitalize()}. Nothing is changed anywhere.",
        epilog=f"{example}{STATUS}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("id", metavar=metavar)
    _where.add_options(parser, logs=True)
    group = parser.add_argument_group("what of it")
    group.add_argument("--since", metavar="T", help="only what happened at or after that time")
    group.add_argument("--until", metavar="T", help="only what happened before that time")
    told = parser.add_argument_group("what is told")
    told.add_argument("--format", choices=FORMATS, default=None, help=f"{', '.join(FORMATS)} (text)")
    told.add_argument("-o", "--output", metavar="FILE", help="write there")
    return parser
