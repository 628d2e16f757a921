"""``mitate logs errors`` of hosts: a live cloud's, a recording's, those of sosreports; see ``reading.py``.

A host with gigabytes of logs is never read over the network: it looks through them itself, gently, and sends
what it found, within bounds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from mitate.analyze.logs.answer import answer
from mitate.analyze.logs.profile import profile
from mitate.app import Eyes, Truth, open_eyes
from mitate.collect.asking import Asker, question
from mitate.collect.look import Progress, Quiet, look
from mitate.collect.names import wanted
from mitate.model.cloud import ComputeService, NetworkAgent
from mitate.model.errors import CannotStart
from mitate.model.host import LogLine
from mitate.model.log_answer import Answer, LogLooked, LogTrouble, Read
from mitate.model.logs import Event
from mitate.model.snapshot import Snapshot
from mitate.reading import Window, errors_in, profile_of

DAY_S = 86_400
"""How far back hosts are asked when nobody says."""


async def errors_of(
    truth: Truth,
    baseline: Sequence[Path] = (),
    window: Window | None = None,
    progress: Progress | None = None,
) -> Answer:
    """What failed by the logs of a cloud's hosts, of a recording, or of sosreports.

    At a host only hits are looked for, and only they are sent; of a recording there are the last lines of
    each log at WARNING and above. Raises CannotStart.
    """
    if truth.sosreports:
        return errors_in(truth.sosreports, baseline, window)
    window = window or Window()
    eyes = open_eyes(truth)
    if truth.bundle:
        seen = await look(
            eyes.cloud, eyes.api, eyes.hosts, None, eyes.taken_at, progress, truth.hosts, (LogLine,)
        )
        return _answered(seen, (_event(line) for line in seen.all(LogLine)), baseline, window)
    asker = Asker(eyes.cloud, eyes.taken_at, eyes.api, eyes.hosts, eyes.more_hosts, progress or Quiet())
    try:
        names = await _names(asker, eyes, truth.hosts)
    finally:
        asker.done()
    until = window.until if window.until is not None else eyes.taken_at.timestamp() + 60
    since = window.since if window.since is not None else until - DAY_S
    asked = question("log_errors", since=str(max(0, int(since))), until=str(max(0, int(until))))
    await asker.ask_hosts(names, [asked])
    seen = asker.snapshot()
    return _answered(seen, (each.event for each in seen.all(LogTrouble)), baseline, Window(since, until))


async def _names(asker: Asker, eyes: Eyes, patterns: Sequence[str]) -> list[str]:
    """The hosts to ask: of the inventory, else those that the API names."""
    names = [place.name for place in eyes.hosts]
    if not names:
        unseen = await asker.ask(question("compute_services"), question("network_agents"))
        known = asker.snapshot()
        names = [each.host for each in known.all(ComputeService)]
        names += [each.host for each in known.all(NetworkAgent)]
        if not names:
            why = next((str(each) for each in unseen.values()), "the API names none")
            raise CannotStart(f"no host is known whose logs could be read: {why}")
    names = [name for name in dict.fromkeys(names) if wanted(name, patterns)]
    if not names:
        raise CannotStart("no host matches --host")
    return names


def _answered(seen: Snapshot, events: Iterable[Event], baseline: Sequence[Path], window: Window) -> Answer:
    every = [event for event in events if window.has(event.at)]
    looked = seen.all(LogLooked)
    told = Read(
        files=len(looked) or len({(event.host, event.file) for event in every}),
        bytes=sum(each.bytes for each in looked),
        events=len(every),
        sent=sum(len(event.message) + sum(map(len, event.lines)) for event in every) if looked else None,
        unreadable=tuple((f"{gap.where} {gap.what}", gap.why) for gap in seen.gaps),
        partly="only lines that tell of trouble were sent"
        if looked
        else "a recording has the last lines of each log",
    )
    done = answer(profile(every), profile_of(baseline), told)
    return msgspec.structs.replace(done, since=window.since, until=window.until)


def _event(line: LogLine) -> Event:
    return Event(
        at=line.at.timestamp() if line.at else None,
        host=line.source.host,
        service=line.service,
        project=line.service.partition("-")[0],
        file=line.file,
        level=line.level,
        logger=line.logger,
        request=line.request_id,
        message=line.message,
    )
