"""``mitate placement``: why a server gets no host, and the smallest change that would give it one."""

from __future__ import annotations

import argparse

from mitate.cli import _where

EXAMPLE = """\
SERVER: a server's name or id; what the API tells of its request is taken from there, and every option
given beside it replaces that part or adds to it. Without SERVER, --flavor asks: would this fit?

example:
  mitate placement big1 --cloud mycloud
  mitate placement --flavor m1.large --image debian --availability-zone az2 --cloud mycloud
  mitate placement web4 --hint group=5f7a3c1e-0d0b-4c1e-9a6e-2f3f5a0c9b11 --cloud mycloud
  mitate placement --flavor m1.large --count 20 --bundle field-report.tar.gz -o answer.html

exit status:
  0 a host would take it    1 none does
  2 could not start         3 could not see enough to say
"""
FORMATS = ("text", "json", "html")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    said = "why no host, host by host, and the smallest change that would give one"
    parser = subparsers.add_parser(
        "placement",
        help=said,
        description=f"{said.capitalize()}. Nothing is created or changed.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("server", nargs="?", metavar="SERVER")
    group = parser.add_argument_group("the request")
    group.add_argument("--flavor", metavar="F", help="name or id")
    group.add_argument("--image", metavar="I", help="name or id")
    group.add_argument("--availability-zone", metavar="A", help="a zone; ZONE:HOST forces it to a host")
    group.add_argument("--host", dest="on_host", metavar="H", help="the host that it is to go to")
    group.add_argument(
        "--hint", action="append", default=[], metavar="K=V", help="of the scheduler; may be given again"
    )
    group.add_argument(
        "--property",
        action="append",
        default=[],
        metavar="K=V",
        help="of the flavour, in place of its own of that name or beside them; may be given again",
    )
    group.add_argument("--count", type=int, metavar="N", help="servers of this one request (1)")
    group.add_argument(
        "--boot-from-volume", action="store_true", help="its root disk is a volume and takes none of a host"
    )
    group.add_argument("--project", metavar="P", help="whose servers they are, name or id")
    _where.add_options(parser, patterns=False)
    told = parser.add_argument_group("what is told")
    told.add_argument("--format", choices=FORMATS, default=None, help=f"{', '.join(FORMATS)} (text)")
    told.add_argument("-o", "--output", metavar="FILE", help="write there")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Look, explain, tell; returns the exit status."""
    from mitate.cli._placing import placing  # noqa: PLC0415 - slow

    return placing(arguments)
