"""What ``mitate logs server`` and ``mitate logs request`` do: look, follow, tell."""

from __future__ import annotations

import argparse
import time

from mitate.analyze.timeline.story import Bounds
from mitate.cli import _tell
from mitate.cli._times import between
from mitate.cli._truth import looking, truth
from mitate.following import follow
from mitate.report.timeline import format_named
from mitate.report.timeline.words import STATE


def timeline(arguments: argparse.Namespace, kind: str) -> int:
    """Returns the exit status. kind: server or request. What can be wrong with the options is said first."""
    now = time.time()
    bounds = Bounds(*between(arguments.since, arguments.until, now))
    outlet = _tell.outlet(arguments.format, arguments.output)
    told = looking(arguments, lambda progress: follow(truth(arguments), kind, arguments.id, bounds, progress))
    _tell.put(outlet, lambda options: format_named(outlet.format)(told, options))
    return _tell.STATUS[STATE[told.outcome]]
