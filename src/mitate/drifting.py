"""``mitate drift``: one look, or two, and what differs, what is stale and what was changed when.

Beside ``app.py``, ``probing.py`` and ``placing.py`` the only place that wires rooms together.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta

import msgspec

from mitate.analyze.drift.drift import NEEDS, drift
from mitate.app import Truth, open_eyes
from mitate.collect.look import Progress, look
from mitate.model.drift import Drift
from mitate.model.errors import CannotStart
from mitate.model.host import ConfigOption
from mitate.model.snapshot import Snapshot

LAST = timedelta(days=7)
"""Changes are told of this long, where nobody says otherwise."""


async def find_drift(
    truth: Truth,
    earlier: Truth | None = None,
    since: datetime | timedelta | None = None,
    progress: Progress | None = None,
) -> Drift:
    """earlier: a recording to compare with. since: a time, or how long before the look.

    Raises CannotStart when nothing can be asked, or no host told anything of its configuration.
    """
    started = time.monotonic()
    now = await _look(truth, progress)
    before = await _look(earlier, None) if earlier else None
    for each in filter(None, (now, before)):
        if not each.all(ConfigOption):
            why = next(iter(each.blind(ConfigOption)), None)
            raise CannotStart(
                f"no host told what it is configured with: {why.why if why else 'none has any'}"
            )
    if before is not None and before.taken_at > now.taken_at:
        raise CannotStart("the first recording is to be the earlier one: give them the other way round")
    from_when = since if isinstance(since, datetime) else now.taken_at - (since or LAST)
    told = drift(now, from_when, before)
    return msgspec.structs.replace(told, took_s=round(time.monotonic() - started, 3))


async def _look(truth: Truth, progress: Progress | None) -> Snapshot:
    eyes = open_eyes(truth)
    return await look(
        eyes.cloud,
        eyes.api,
        eyes.hosts,
        eyes.more_hosts,
        eyes.taken_at,
        progress,
        truth.hosts,
        NEEDS,
        thorough=True,
    )
