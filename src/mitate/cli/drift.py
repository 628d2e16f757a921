"""``mitate drift``: what differs among equals, what is stale, and what was changed when."""

from __future__ import annotations

import argparse

from mitate.cli import _where

EXAMPLE = """\
Without A and B one look is made, and hosts are compared with their equals. A alone is an earlier
recording to compare that look with; A and B are two recordings, the earlier first.

example:
  mitate drift --cloud mycloud
  mitate drift --cloud mycloud --since 2h
  mitate drift monday.tar.gz --cloud mycloud
  mitate drift monday.tar.gz friday.tar.gz --format json

exit status:
  0 nothing differs         1 something does
  2 could not start         3 could not see enough to say
"""
FORMATS = ("text", "json", "html")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    said = "what differs among equals, what runs with stale configuration, what was changed when"
    parser = subparsers.add_parser(
        "drift",
        help=said,
        description=f"{said.capitalize()}. Nothing is changed, and no secret is told.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "recordings", nargs="*", metavar="A B", help="recordings to compare, the earlier first"
    )
    parser.add_argument(
        "--since",
        metavar="T",
        help="tell changes from then on: 90m, 2h, 3d before the look, or 2026-11-22T13:00 in UTC (7d)",
    )
    _where.add_options(parser)
    told = parser.add_argument_group("what is told")
    told.add_argument("--format", choices=FORMATS, default=None, help=f"{', '.join(FORMATS)} (text)")
    told.add_argument("-o", "--output", metavar="FILE", help="write there")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Look, compare, tell; returns the exit status."""
    from mitate.cli._drifting import drifting  # noqa: PLC0415 - slow

    return drifting(arguments)
