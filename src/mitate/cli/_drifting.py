"""What ``mitate drift`` does: look once or twice, compare, tell."""

from __future__ import annotations

import argparse
import asyncio
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mitate.app import Truth
from mitate.cli import _tell
from mitate.cli._progress import Progress
from mitate.cli._truth import truth, with_hint
from mitate.drifting import find_drift
from mitate.model.diagnosis import State
from mitate.model.drift import Drift
from mitate.model.errors import CannotStart
from mitate.report import Options
from mitate.report.drift import format_named

_STATUS = {State.OK: 0, State.PROBLEM: 1, State.UNKNOWN: 3}
_ENDINGS = {".html": "html", ".htm": "html", ".json": "json"}
_UNITS = {"s": "seconds", "m": "minutes", "min": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def drifting(arguments: argparse.Namespace) -> int:
    """Returns the exit status. What can be wrong with the options is said before anything is looked at."""
    since = _since(arguments.since)
    recordings = [Path(each) for each in arguments.recordings]
    if len(recordings) > 2:
        raise CannotStart("drift compares two recordings at most; see `mitate drift --help`")
    for each in recordings:
        if not each.exists():
            raise CannotStart(f"there is no {each}")
    file = _tell.writable(Path(arguments.output)) if arguments.output not in (None, "-") else None
    name = arguments.format or (_ENDINGS.get(file.suffix.lower(), "text") if file else "text")
    try:
        told = asyncio.run(_find(arguments, recordings, since))
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
    return _STATUS[told.state]


async def _find(
    arguments: argparse.Namespace, recordings: list[Path], since: datetime | timedelta | None
) -> Drift:
    if len(recordings) == 2:
        if any((arguments.cloud, arguments.bundle, arguments.lab, arguments.demo, arguments.sosreport)):
            raise CannotStart("two recordings are compared with each other: leave out where else to look")
        hosts = tuple(arguments.host)
        now = Truth(bundle=recordings[1], hosts=hosts)
    else:
        now = truth(arguments)
    earlier = Truth(bundle=recordings[0], hosts=now.hosts) if recordings else None
    with Progress() as progress:
        return await find_drift(now, earlier, since, progress)


def _since(text: str | None) -> datetime | timedelta | None:
    """Raises CannotStart for what is neither a time nor how long ago."""
    if text is None:
        return None
    if found := re.fullmatch(r"(\d{1,6})\s*(s|m|min|h|d|w)", text.strip(), re.ASCII):
        return timedelta(**{_UNITS[found[2]]: int(found[1])})
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise CannotStart(f"--since {text[:40]}: give 90m, 2h, 3d, or a time as 2026-11-22T13:00") from None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
