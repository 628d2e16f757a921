"""What ``mitate record`` does: look, keep the answers, say what is in the recording and what is not."""

from __future__ import annotations

import argparse
from pathlib import Path

from mitate.app import NotRecorded
from mitate.cli._look import look
from mitate.cli._tell import show, writable
from mitate.cli._truth import truth, with_hint
from mitate.model.diagnosis import Diagnosis, State
from mitate.model.errors import CannotStart
from mitate.report import DEFAULTS, renderer
from mitate.report.digest.groups import unseen
from mitate.report.digest.verdict import cost
from mitate.report.digest.words import clean, count, listing, place

GROUPS = 12


def record(arguments: argparse.Namespace) -> int:
    """Returns 0, or 3 when nothing could be seen or somebody stopped it."""
    file = writable(arguments.output)
    try:
        seen = look(truth(arguments), record_to=file)
    except NotRecorded as error:
        show(renderer("text")(error.diagnosis, DEFAULTS))  # so that the look was not for nothing
        raise
    except CannotStart as error:
        raise with_hint(error, arguments) from None
    show(_told(seen.diagnosis, file))
    blind = all(outcome.state is State.UNKNOWN for outcome in seen.diagnosis.outcomes)
    return 3 if blind or seen.interrupted else 0


def _told(diagnosis: Diagnosis, file: Path) -> str:
    lines = [f"Recorded cloud {clean(diagnosis.cloud, 60)} in {file}: {cost(diagnosis)}."]
    groups = unseen(diagnosis)
    for group in groups[:GROUPS]:
        where = listing([place(name) for name in group.where])
        lines.append(f"  not in it: {where}: {listing(group.what)}: {clean(group.why)}")
    if len(groups) > GROUPS:
        lines.append(f"  and {count(len(groups) - GROUPS, 'more place')} that could not be seen")
    return "\n".join([*lines, f"Look at it: mitate check --bundle {file}"]) + "\n"
