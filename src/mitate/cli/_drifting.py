"""What ``mitate drift`` does: look once or twice, compare, tell."""

from __future__ import annotations

import argparse
from datetime import datetime, timedelta
from pathlib import Path

from mitate.app import Truth
from mitate.cli import _tell
from mitate.cli._progress import Progress
from mitate.cli._times import given
from mitate.cli._truth import looking, truth
from mitate.drifting import find_drift
from mitate.model.drift import Drift
from mitate.model.errors import CannotStart
from mitate.report.drift import format_named


def drifting(arguments: argparse.Namespace) -> int:
    """Returns the exit status. What can be wrong with the options is said before anything is looked at."""
    since = None if arguments.since is None else given("--since", arguments.since)
    recordings = [Path(each) for each in arguments.recordings]
    if len(recordings) > 2:
        raise CannotStart("drift compares two recordings at most; see `mitate drift --help`")
    for each in recordings:
        if not each.exists():
            raise CannotStart(f"there is no {each}")
    outlet = _tell.outlet(arguments.format, arguments.output)
    told = looking(arguments, lambda progress: _find(arguments, recordings, since, progress))
    _tell.put(outlet, lambda options: format_named(outlet.format)(told, options))
    return _tell.STATUS[told.state]


async def _find(
    arguments: argparse.Namespace,
    recordings: list[Path],
    since: datetime | timedelta | None,
    progress: Progress,
) -> Drift:
    if len(recordings) == 2:
        if any((arguments.cloud, arguments.bundle, arguments.lab, arguments.demo, arguments.sosreport)):
            raise CannotStart("two recordings are compared with each other: leave out where else to look")
        hosts = tuple(arguments.host)
        now = Truth(bundle=recordings[1], hosts=hosts)
    else:
        now = truth(arguments)
    earlier = Truth(bundle=recordings[0], hosts=now.hosts) if recordings else None
    return await find_drift(now, earlier, since, progress)
