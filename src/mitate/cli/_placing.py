"""What ``mitate placement`` does: look, explain, tell."""

from __future__ import annotations

import argparse

from mitate.cli import _tell
from mitate.cli._truth import looking, truth
from mitate.model.errors import CannotStart
from mitate.model.placement import Given
from mitate.placing import explain_placement
from mitate.report.placement import format_named
from mitate.report.placement.words import STATE

MOST = 1000
"""Servers of one request: more than any cloud lets one ask for (Nova's max_count is bound by quota)."""


def placing(arguments: argparse.Namespace) -> int:
    """Returns the exit status. What can be wrong with the options is said before anything is looked at."""
    given = _given(arguments)
    outlet = _tell.outlet(arguments.format, arguments.output)
    server = arguments.server or ""
    explanation = looking(
        arguments, lambda progress: explain_placement(truth(arguments), server, given, progress)
    )
    _tell.put(outlet, lambda options: format_named(outlet.format)(explanation, options))
    return _tell.STATUS[STATE[explanation.verdict]]


def _given(arguments: argparse.Namespace) -> Given:
    """The request as far as options tell it. Raises CannotStart for what no request can be."""
    if not (arguments.server or arguments.flavor):
        raise CannotStart("placement needs a SERVER, or --flavor; see `mitate placement --help`")
    if arguments.sosreport:
        raise CannotStart(
            "sosreports hold nothing of what the API and Placement know; --bundle or a cloud can answer"
        )
    if arguments.count is not None and not 1 <= arguments.count <= MOST:
        raise CannotStart(f"--count {arguments.count}: ask for 1 to {MOST:,} servers")
    return Given(
        flavor=arguments.flavor or "",
        image=arguments.image or "",
        zone=arguments.availability_zone or "",
        host=arguments.on_host or "",
        hints=tuple(_pair("--hint", text) for text in arguments.hint),
        properties=tuple(_pair("--property", text) for text in arguments.property),
        project=arguments.project or "",
        count=arguments.count,
        from_volume=arguments.boot_from_volume,
    )


def _pair(option: str, text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (equals and name.strip()):
        raise CannotStart(f"{option} {text}: give NAME=VALUE")
    return name.strip(), value.strip()
