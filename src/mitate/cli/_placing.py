"""What ``mitate placement`` does: look, explain, tell."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from mitate.cli import _tell
from mitate.cli._progress import Progress
from mitate.cli._truth import truth, with_hint
from mitate.model.diagnosis import State
from mitate.model.errors import CannotStart
from mitate.model.placement import Explanation, Given
from mitate.placing import explain_placement
from mitate.report import Options
from mitate.report.placement import format_named
from mitate.report.placement.words import STATE

MOST = 1000
"""Servers of one request: more than any cloud lets one ask for (Nova's max_count is bound by quota)."""
_STATUS = {State.OK: 0, State.PROBLEM: 1, State.UNKNOWN: 3}
_ENDINGS = {".html": "html", ".htm": "html", ".json": "json"}


def placing(arguments: argparse.Namespace) -> int:
    """Returns the exit status. What can be wrong with the options is said before anything is looked at."""
    given = _given(arguments)
    file = _tell.writable(Path(arguments.output)) if arguments.output not in (None, "-") else None
    name = arguments.format or (_ENDINGS.get(file.suffix.lower(), "text") if file else "text")
    try:
        explanation = asyncio.run(_explain(arguments, given))
    except CannotStart as error:
        raise with_hint(error, arguments) from None
    options = Options() if file else _tell.for_screen(Options())
    text = format_named(name)(explanation, options)
    if file is None:
        _tell.show(text)
    else:
        try:
            file.write_text(text, encoding="utf-8", errors="replace")
        except OSError as error:
            raise CannotStart(f"{file} cannot be written: {error.strerror}") from None
    return _STATUS[STATE[explanation.verdict]]


async def _explain(arguments: argparse.Namespace, given: Given) -> Explanation:
    with Progress() as progress:
        return await explain_placement(truth(arguments), arguments.server or "", given, progress)


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
