"""``mitate logs``: what the logs of all services on all hosts say.

Each verb is a file here that has ``add_parser(verbs)`` and ``run(arguments) -> status``, found by path; files
that begin with an underscore hold what several have in common.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    said = "what happened before, out of the logs of all services on all hosts"
    parser = subparsers.add_parser(
        "logs", help=said, description=f"{said.capitalize()}. Nothing is changed anywhere."
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for name in sorted(info.name for info in pkgutil.iter_modules(__path__)):
        if not name.startswith("_"):
            importlib.import_module(f"{__name__}.{name}").add_parser(verbs)
