"""``mitate logs server``: the life of a server across all hosts and services."""

from __future__ import annotations

import argparse

from mitate.cli.logs._options import add_verb

EXAMPLE = """\
SERVER: a server's name or id; of one that is deleted, and with --logs, its id.

example:
  mitate logs server web1 --cloud mycloud
  mitate logs server 8fd71303-f915-4cbc-bc8f-70ed05ab1dfe --logs customer.tar.gz
  mitate logs server web1 --cloud mycloud --since 2h -o web1.html
"""


def add_parser(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    said = "the life of a server across all hosts and services, as one timeline"
    add_verb(verbs, "server", said, "SERVER", EXAMPLE).set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Look, follow, tell; returns the exit status."""
    from mitate.cli._timeline import timeline  # noqa: PLC0415 - slow

    return timeline(arguments, "server")
