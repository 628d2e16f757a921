"""What ``mitate logs server`` and ``mitate logs request`` do: look, follow, tell."""

from __future__ import annotations

import argparse
import asyncio
import time
from pathlib import Path

from mitate.analyze.timeline.story import Bounds
from mitate.cli import _tell
from mitate.cli._progress import Progress
from mitate.cli._truth import truth, with_hint
from mitate.cli.logs._times import moment
from mitate.following import follow
from mitate.model.diagnosis import State
from mitate.model.errors import CannotStart
from mitate.model.timeline import Timeline
from mitate.report import Options
from mitate.report.timeline import format_named
from mitate.report.timeline.words import STATE

_STATUS = {State.OK: 0, State.PROBLEM: 1, State.UNKNOWN: 3}
_ENDINGS = {".html": "html", ".htm": "html", ".json": "json"}


def timeline(arguments: argparse.Namespace, kind: str) -> int:
    """Returns the exit status. kind: server or request. What can be wrong with the options is said first."""
    now = time.time()
    bounds = Bounds(moment("--since", arguments.since, now), moment("--until", arguments.until, now))
    if bounds.since is not None and bounds.until is not None and bounds.since >= bounds.until:
        raise CannotStart("--since is not before --until: no time lies between them")
    file = _tell.writable(Path(arguments.output)) if arguments.output not in (None, "-") else None
    name = arguments.format or (_ENDINGS.get(file.suffix.lower(), "text") if file else "text")
    try:
        told = asyncio.run(_follow(arguments, kind, bounds))
    except CannotStart as error:
        raise with_hint(error, arguments) from None
    options = Options() if file else _tell.for_screen(Options())
    text = format_named(name)(told, options)
    if file is None:
        _tell.show(text)
    else:
        try:
            file.write_text(text, encoding="utf-8", errors="replace")
        except OSError as error:
            raise CannotStart(f"{file} cannot be written: {error.strerror}") from None
    return _STATUS[STATE[told.outcome]]


async def _follow(arguments: argparse.Namespace, kind: str, bounds: Bounds) -> Timeline:
    with Progress() as progress:
        return await follow(truth(arguments), kind, arguments.id, bounds, progress)
