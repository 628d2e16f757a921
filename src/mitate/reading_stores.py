"""``mitate logs errors --store``: logs that are gathered already, to the answer; see ``reading.py``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from mitate.analyze.logs.answer import answer
from mitate.analyze.logs.former import Former
from mitate.analyze.logs.profile import Profile, profile
from mitate.collect.logs.events import read
from mitate.collect.logs.find import logs_at
from mitate.collect.logs.stores.access import Access
from mitate.collect.logs.stores.client import Bounds
from mitate.collect.logs.stores.fields import Fields
from mitate.collect.logs.stores.gather import Gathered, gather, tells
from mitate.collect.logs.stores.place import Place
from mitate.collect.names import wanted
from mitate.model.errors import CannotSee, CannotStart
from mitate.model.log_answer import Answer, Read
from mitate.model.logs import Event
from mitate.reading import Window

DAY_S = 86_400
"""How far back a store is asked when nobody says."""
REFUSED = frozenset({"auth", "denied", "rejected"})
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
    """What failed by the logs in a store; as long again before ``since`` is what it is held against.

    Without a time the last day is asked for. Raises CannotStart when the store refuses what was given.
    """
    window = window or Window()
    until = window.until if window.until is not None else now
    since = window.since if window.since is not None else until - DAY_S
    begins = since - (until - since) if window.since is not None else since
    known = _profile_of(baseline)
    try:
        gathered = gather(place, access, fields, max(0.0, begins), until, bounds)
    except CannotSee as error:
        if error.reason in REFUSED:
            raise CannotStart(str(error)) from None
        gathered = Gathered(unseen=[str(error)])
    every = [event for event in gathered.events if not event.host or wanted(event.host, hosts)]
    now_ = [event for event in every if event.at is None or event.at >= since]
    former = _former(every, since, begins) if window.since is not None and not gathered.cut else None
    partly = "only lines that tell of trouble were asked for"
    if window.since is None:
        partly += f", of the last {(until - since) / 3600:g} hours"
    if gathered.cut:
        oldest = min((event.at for event in every if event.at is not None), default=None)
        partly += f"; the newest of them only, because {gathered.cut}"
        if oldest is not None and oldest > since:
            since = oldest
    told = Read(
        files=gathered.logs,
        bytes=gathered.bytes,
        events=len(now_),
        unreadable=tuple((place.host, why) for why in gathered.unseen),
        partly=partly,
    )
    done = answer(profile(now_), known, told, former, until)
    return msgspec.structs.replace(done, since=since, until=until)


def _former(events: Sequence[Event], since: float, begins: float) -> Former:
    former = Former(since)
    for event in events:
        former.reaches(event.host, event.file, event.service, begins)
        if event.at is not None and event.at < since:
            former.add(event)
    return former


def _profile_of(baseline: Sequence[Path]) -> Profile | None:
    """Of a healthy time what a store would have been asked for. Raises CannotStart when it is no log.

    What trouble does not tell, nobody asked the store for: so nothing is held to be missing or silent.
    """
    if not baseline:
        return None
    count = 0
    known = Profile()
    with logs_at(baseline) as logs:
        for file in logs.files:
            try:
                for event in read(file):
                    count += 1
                    if tells(event):
                        known.add(event)
            except CannotSee:
                continue
    if count == 0:
        raise CannotStart(f"nothing in {baseline[0]} reads like a log: it cannot be the baseline")
    known.steps.clear()
    known.services.clear()
    return known
