"""``mitate trace``: where a packet goes, where it dies, and whether the reply comes home."""

from __future__ import annotations

import argparse

from mitate.cli import _where

EXAMPLE = """\
SOURCE and DESTINATION: a server's name or id, a port's id, a floating IP, a fixed IP, or external:IP;
a DESTINATION may also be dhcp or metadata.

example:
  mitate trace external:198.51.100.7 203.0.113.151 --cloud mycloud
  mitate trace web1 db1 --proto tcp --port 5432 --cloud mycloud --inventory hosts.ini
  mitate trace web1 metadata --bundle field-report.tar.gz --format html -o path.html
  mitate trace --topology --cloud mycloud

exit status:
  0 it arrives, and the reply comes home    1 it does not
  2 could not start                         3 could not see enough to say
"""
FORMATS = ("text", "json", "html")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    said = "where a packet goes, where it dies, and whether the reply comes home"
    parser = subparsers.add_parser(
        "trace",
        help=said,
        description=f"{said.capitalize()}. Nothing is sent or changed, unless --live is given.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("source", nargs="?", metavar="SOURCE")
    parser.add_argument("destination", nargs="?", metavar="DESTINATION")
    group = parser.add_argument_group("the packet")
    group.add_argument("--proto", choices=("icmp", "tcp", "udp"), default="icmp", help="(%(default)s)")
    group.add_argument("--port", type=int, metavar="N", help="the destination's port, for tcp and udp")
    group.add_argument(
        "--size",
        default="auto",
        metavar="BYTES",
        help="of the IP packet; auto: a small one, and those that the networks' MTUs allow (%(default)s)",
    )
    group.add_argument(
        "--source-address",
        default="",
        metavar="IP",
        help="the address that the source uses in place of its own",
    )
    group.add_argument(
        "--live",
        action="store_true",
        help="also send marked packets, at most one a second, and see where they come by; it says so first",
    )
    group.add_argument("--yes", action="store_true", help="with --live: do not ask before it sends")
    _where.add_options(parser)
    told = parser.add_argument_group("what is told")
    told.add_argument("--format", choices=FORMATS, default=None, help=f"{', '.join(FORMATS)} (text)")
    told.add_argument("-o", "--output", metavar="FILE", help="write there")
    told.add_argument("--topology", action="store_true", help="draw the network itself; no packet is needed")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Look, walk, tell; returns the exit status."""
    from mitate.cli._tracing import tracing  # noqa: PLC0415 - slow

    return tracing(arguments)
