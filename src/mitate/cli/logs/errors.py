"""``mitate logs errors``: what failed, by the logs: the likeliest origin first, its echoes after it."""

from __future__ import annotations

import argparse
from pathlib import Path

from mitate.cli import _where

EXAMPLE = """\
Not every error is a failure: what was tried again and went well, what was torn down, and what a healthy time
has as well comes last and is said. With --baseline, what is new, missing, slower or silent is found too.
T is a time (2026-11-22, 2026-11-22T13:28, UTC) or how long ago (90s, 15min, 2h, 3d).

example:
  mitate logs errors --logs customer.tar.gz
  mitate logs errors --logs today/ --baseline yesterday/ --format html -o answer.html
  mitate logs errors --cloud mycloud --since 2h
  mitate logs errors --store opensearch=https://logs:9200 --store-access store.toml --since 2h
  mitate logs errors --store 'loki=http://logs:3100?{job="openstack"}' --store-fields vector

exit status:
  0 nothing failed          1 something did
  2 could not start         3 could not see enough to say
"""
FORMATS = ("text", "json", "html")


def add_parser(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    said = "what failed: the likeliest origin first, its echoes after it"
    parser = verbs.add_parser(
        "errors",
        help=said,
        description=f"{said.capitalize()}. Nothing is changed anywhere.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _where.add_options(parser, logs=True, stores=True)
    group = parser.add_argument_group("what counts")
    group.add_argument("--since", metavar="T", help="only what was written at or after that time")
    group.add_argument("--until", metavar="T", help="only what was written before that time")
    group.add_argument(
        "--baseline",
        type=Path,
        nargs="+",
        action="extend",
        metavar="PATH",
        help="logs of a healthy time, of the same work or simply of yesterday, to compare with",
    )
    told = parser.add_argument_group("what is told")
    told.add_argument("--format", choices=FORMATS, default=None, help=f"{', '.join(FORMATS)} (text)")
    told.add_argument("-o", "--output", metavar="FILE", help="write there")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Look, tell; returns the exit status."""
    from mitate.cli._errors import errors  # noqa: PLC0415 - slow

    return errors(arguments)
