"""``mitate record``: ask everything, and keep the answers."""

from __future__ import annotations

import argparse
from pathlib import Path

from mitate.cli import _where

EXAMPLE = """\
example:
  mitate record --cloud mycloud --inventory hosts.ini -o mycloud.tar.gz
  mitate check --bundle mycloud.tar.gz
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    said = "ask everything and keep the answers, without secrets, for later or for support"
    parser = subparsers.add_parser(
        "record",
        help=said,
        description=f"{said.capitalize()}.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _where.add_options(parser, thorough=True)
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="FILE", help="the recording to write"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Look and keep the answers; what they mean, ``check --bundle`` tells."""
    from mitate.cli._recording import record  # noqa: PLC0415 - slow

    return record(arguments)
