"""``mitate logs request``: one request across all hosts and services."""

from __future__ import annotations

import argparse

from mitate.cli.logs._options import add_verb

EXAMPLE = """\
ID: as clients and logs tell it (req-…); the request is followed to the server that it is about.

example:
  mitate logs request req-8fd71303-f915-4cbc-bc8f-70ed05ab1dfe --cloud mycloud
  mitate logs request req-8fd71303-f915-4cbc-bc8f-70ed05ab1dfe --logs controller/ compute1/ -o answer.html
"""


def add_parser(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    said = "one request across all hosts and services, as one timeline"
    add_verb(verbs, "request", said, "ID", EXAMPLE).set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Look, follow, tell; returns the exit status."""
    from mitate.cli._timeline import timeline  # noqa: PLC0415 - slow

    return timeline(arguments, "request")
