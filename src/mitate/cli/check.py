"""``mitate check``: the whole check-up, told."""

from __future__ import annotations

import argparse

from mitate.cli import _where
from mitate.report import formats

EXAMPLE = """\
example:
  mitate check --cloud mycloud --inventory hosts.ini
  mitate check --cloud mycloud --format junit -o checks.xml --format html -o report.html
  mitate check --bundle field-report.tar.gz --fail-on critical

exit status:
  0 looked, and nothing is wrong    1 a problem was found
  2 could not start                 3 could not see enough to say
  with --format nagios: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    said = "look everywhere, and say what is wrong and why"
    parser = subparsers.add_parser(
        "check",
        help=said,
        description=f"{said.capitalize()}. Nothing is changed anywhere.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _where.add_options(parser, thorough=True)
    group = parser.add_argument_group("what is told")
    group.add_argument(
        "--format", action="append", default=[], metavar="FORMAT", help=f"{', '.join(formats())} (text)"
    )
    group.add_argument(
        "-o",
        "--output",
        action="append",
        default=[],
        metavar="FILE",
        help="write there; may be given again, each with its own --format",
    )
    group.add_argument(
        "--fail-on",
        choices=("info", "warning", "critical"),
        default="warning",
        help="the least severe finding that makes the exit status 1 (%(default)s)",
    )
    group.add_argument(
        "--notify",
        metavar="ADDRESS",
        help="post the diagnosis: slack://HOST/PATH, also as file:PATH or env:NAME",
    )
    group.add_argument(
        "--notify-when",
        choices=("always", "problem"),
        default="always",
        help="problem: post nothing when nothing is wrong (%(default)s)",
    )
    group.add_argument(
        "--check",
        nargs="+",
        action="extend",
        default=None,
        metavar="ID",
        help="only these checks (mitate explain)",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Look, tell, notify; returns the exit status."""
    from mitate.cli._checkup import checkup  # noqa: PLC0415 - slow

    return checkup(arguments)
