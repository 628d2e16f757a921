"""Where the truth comes from: the options that every command that looks has in common."""

from __future__ import annotations

import argparse
from pathlib import Path

DEMO = "broken"
"""The recording that --demo shows when it is not told which."""


def add_options(
    parser: argparse.ArgumentParser,
    *,
    patterns: bool = True,
    logs: bool = False,
    stores: bool = False,
    thorough: bool = False,
) -> None:
    """patterns: whether ``--host`` chooses the hosts to look at; a command may need the word otherwise.
    logs: whether log files alone are enough for the command. stores: whether those are that a store of logs
    has. thorough: whether it can look more closely.
    """
    group = parser.add_argument_group("where the truth comes from")
    one = group.add_mutually_exclusive_group()
    one.add_argument(
        "--cloud", metavar="NAME", help="an entry of clouds.yaml (default: OS_CLOUD, or the only entry)"
    )
    one.add_argument(
        "--bundle", type=Path, metavar="PATH", help="a recording of `mitate record`; nothing is contacted"
    )
    one.add_argument(
        "--sosreport",
        type=Path,
        nargs="+",
        action="extend",
        metavar="PATH",
        help="sosreports, unpacked or not; nothing is contacted",
    )
    if logs:
        one.add_argument(
            "--logs",
            type=Path,
            nargs="+",
            action="extend",
            metavar="PATH",
            help="log files, directories or archives of them, wherever they came from; nothing is contacted",
        )
    else:
        parser.set_defaults(logs=None)
    if stores:
        _add_stores(one, group)
    else:
        parser.set_defaults(store=None)
    one.add_argument("--lab", action="store_true", help="the practice cloud of `mitate lab` (root only)")
    one.add_argument(
        "--demo", nargs="?", const=DEMO, metavar="NAME", help=f"a recording that ships with mitate ({DEMO})"
    )
    group.add_argument(
        "--inventory",
        type=Path,
        metavar="FILE",
        help="an Ansible inventory (default: the hosts that the API names)",
    )
    if patterns:
        group.add_argument(
            "--host",
            nargs="+",
            action="extend",
            default=[],
            metavar="PATTERN",
            help="only hosts whose name matches one",
        )
    else:
        parser.set_defaults(host=[])
    if thorough:
        group.add_argument(
            "--thorough",
            action="store_true",
            help="also what takes hosts seconds of CPU: Nova's upgrade check and audit, who logged in",
        )
    else:
        parser.set_defaults(thorough=False)
    group.add_argument(
        "--timeout",
        type=_seconds,
        default=30.0,
        metavar="SECONDS",
        help="for each place that is asked (%(default)g)",
    )


def _add_stores(one: argparse._ActionsContainer, group: argparse._ActionsContainer) -> None:
    one.add_argument(
        "--store",
        metavar="KIND=URL[?WHAT]",
        help="where logs are gathered already: elasticsearch, opensearch, loki or splunk; "
        "WHAT: an index, {streams}, or terms of a search",
    )
    group.add_argument(
        "--store-fields",
        default="kolla",
        metavar="PRESET[,NAME=FIELD...]",
        help="what its records call things: kolla, fluentd or vector, and what differs (%(default)s)",
    )
    group.add_argument(
        "--store-access",
        type=Path,
        metavar="FILE",
        help="TOML of mode 0600 with user, password, token, tenant, ca (default: MITATE_STORE_USER, …)",
    )


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 86_400:
        raise argparse.ArgumentTypeError(f"{text} is no number of seconds")
    return seconds
