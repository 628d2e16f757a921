"""``mitate logs errors --store``: logs that are gathered already, to the answer; see ``reading.py``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from mitate.analyze.logs.answer import answer
from mitate.analyze.logs.former import Former
from mitate.analyze.logs.profile import Profile
from mitate.collect.logs.stores.access import Access
from mitate.collect.logs.stores.client import Bounds
from mitate.collect.logs.stores.fields import Fields
from mitate.collect.logs.stores.gather import Gathered, gather
from mitate.collect.logs.stores.place import Place
from mitate.collect.names import wanted
from mitate.model.errors import CannotSee, CannotStart
from mitate.model.log_answer import Answer, Read
from mitate.reading import Window, trouble_of

DAY_S = 86_400
"""How far back a store is asked when nobody says."""
REFUSED = frozenset({"auth", "denied"})
"""Reasons that are a matter of what was given, and not of what can be seen."""


def errors_in_store(
    place: Place,
    access: Access,
    fields: Fields,
    now: float,
    window: Window | None = None,
    baseline: Sequence[Path] = (),
    hosts: Sequence[str] = (),
    bounds: Bounds | None = None,
) -> Answer:
    """What failed by the logs in a store, held against the time before, which is asked for as long.

    Without a time the last day is asked about. Raises CannotStart when the store refuses what was given.
    """
    window = window or Window()
    until = window.until if window.until is not None else now
    since = window.since if window.since is not None else until - DAY_S
    begins = max(0.0, since - (until - since))
    known = trouble_of(baseline)
    try:
        gathered = gather(place, access, fields, (begins, since, until), bounds)
    except CannotSee as error:
        if error.reason in REFUSED:
            raise CannotStart(str(error)) from None
        gathered = Gathered(fields, unseen=[str(error)])
    if gathered.cut:
        begins = gathered.oldest if gathered.oldest is not None else until
        newest = "only the newest records were read: " if gathered.hits else ""
        gathered.unseen.append(newest + gathered.cut)
    profile, former = Profile(), Former(since)
    for event in gathered.events():
        if event.host and not wanted(event.host, hosts):
            continue
        if gathered.back or gathered.cut:
            former.reaches(event.host, event.file, event.service, begins, cut=bool(gathered.cut))
        if event.at is None or event.at >= since:
            profile.add(event)
        else:
            former.add(event)
    told = Read(
        files=gathered.logs,
        bytes=gathered.bytes,
        events=profile.events,
        unreadable=tuple((place.said, why.removeprefix(place.said).lstrip(": ")) for why in gathered.unseen),
        partly="only lines that tell of trouble were asked for"
        + (", of the last 24 hours" if window.since is None else ""),
    )
    done = answer(profile, known, told, former, until)
    return msgspec.structs.replace(done, since=max(since, begins), until=until)
