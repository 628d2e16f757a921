"""``mitate logs errors`` of hosts: a live cloud's, a recording's, those of sosreports; see ``reading.py``.

A host with gigabytes of logs is never read over the network: it looks through them itself, gently, and sends
what it found, within bounds.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from mitate.analyze.logs.answer import answer
from mitate.analyze.logs.profile import Profile
from mitate.app import Eyes, Truth, open_eyes
from mitate.collect.asking import Asker, question
from mitate.collect.logs.at import AROUND, told
from mitate.collect.look import Progress, Quiet, look
from mitate.collect.names import wanted
from mitate.collect.slots import fits
from mitate.collect.transport.bundle import is_bundle
from mitate.model.cloud import ComputeService, NetworkAgent
from mitate.model.errors import CannotStart
from mitate.model.host import LogLine
from mitate.model.log_answer import Answer, Group, LogAround, LogLooked, LogTrouble, Read
from mitate.model.logs import Event
from mitate.model.snapshot import Snapshot
from mitate.reading import Found, Window, errors_in, nothing_found, trouble_of

DAY_S = 86_400
"""How far back hosts are asked when nobody says."""
IN_CONTEXT, ON_ONE_HOST = 12, 6
"""Groups whose example's host is asked for what stands around it."""


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
        return _of_recording(seen, await _known(baseline), window)
    asker = Asker(eyes.cloud, eyes.taken_at, eyes.api, eyes.hosts, eyes.more_hosts, progress or Quiet())
    try:
        names = await _names(asker, eyes, truth.hosts)
    finally:
        asker.done()
    until = window.until if window.until is not None else eyes.taken_at.timestamp() + 60
    since = window.since if window.since is not None else until - DAY_S
    earlier = max(0, int(since - (until - since)))
    asked = question("log_errors", since=str(earlier), until=str(max(0, int(until))))
    await asker.ask_hosts(names, [asked])
    seen = asker.snapshot()
    window = Window(since, until)
    found = _sorted((each.event for each in seen.all(LogTrouble)), window)
    for log in seen.all(LogLooked):
        if found.former and log.begins is not None:
            begins = max(log.begins, earlier)
            found.former.reaches(log.source.host, log.file, log.service, begins, cut=log.cut)
    done = _answered(seen, found, await _known(baseline), window)
    groups = await _in_context(asker, done.groups)
    read = msgspec.structs.replace(done.read, sent=asker.host_bytes)
    return msgspec.structs.replace(done, groups=groups, read=read)


async def _in_context(asker: Asker, groups: Sequence[Group]) -> tuple[Group, ...]:
    """The groups, some of the first with what their hosts have around the examples."""
    asked: dict[str, dict[str, int]] = defaultdict(dict)
    for group in groups[:IN_CONTEXT]:
        example = _example(group)
        if example and group.spot and len(asked[group.spot.host]) < ON_ONE_HOST:
            asked[group.spot.host].setdefault(example, group.rank)
    await asyncio.gather(
        *(
            asker.ask_hosts([host], [question("log_context", examples=",".join(examples))])
            for host, examples in asked.items()
            if examples
        )
    )
    near = {
        (each.source.host, f"{each.file}={each.moment}={each.process}"): each
        for each in asker.snapshot().all(LogAround)
    }
    return tuple(
        msgspec.structs.replace(group, context=around.before, context_after=around.after)
        if group.spot and (around := near.get((group.spot.host, _example(group))))
        else group
        for group in groups
    )


def _example(group: Group) -> str:
    """As hosts are asked for what stands around it; "" where it cannot be asked for."""
    spot = group.spot
    if spot is None or spot.at is None:
        return ""
    milliseconds = round(spot.at * 1000)
    asked = f"{spot.file}={milliseconds // 1000}.{milliseconds % 1000:03}={spot.process or 0}"
    return asked if fits("examples", asked) else ""


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


async def _known(baseline: Sequence[Path]) -> Profile | None:
    """What a healthy time had of trouble, by logs or by recordings. Raises CannotStart."""
    recordings = [path for path in baseline if path.exists() and is_bundle(path)]
    known = trouble_of([path for path in baseline if path not in recordings])
    for path in recordings:
        known = known or Profile()
        known.without_code = True
        eyes = open_eyes(Truth(bundle=path))
        seen = await look(eyes.cloud, eyes.api, eyes.hosts, None, eyes.taken_at, None, (), (LogLine,))
        for number, line in enumerate(seen.all(LogLine)):
            known.add(_event(line, number))
        known.only_trouble()
    return known


def _of_recording(seen: Snapshot, known: Profile | None, window: Window) -> Answer:
    every: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for line in seen.all(LogLine):
        of_log = every[line.source.host, line.file]
        of_log.append(_event(line, len(of_log)))
    found = _sorted((event for events in every.values() for event in events), window)
    for (host, file), events in every.items():
        begins = next((event.at for event in events if event.at is not None), None)
        if found.former and begins is not None:
            found.former.reaches(host, file, events[0].service, begins, cut=True)
    done = _answered(seen, found, known, window)
    groups = (_among(group, every) for group in done.groups)
    return msgspec.structs.replace(done, groups=tuple(groups))


def _among(group: Group, every: Mapping[tuple[str, str], Sequence[Event]]) -> Group:
    """The group with the lines that were recorded before and after its example."""
    spot = group.spot
    if spot is None:
        return group
    lines = [
        told(event.at, event.level, event.logger, event.message) for event in every[spot.host, spot.file]
    ]
    before, after = lines[max(0, spot.position - AROUND) : spot.position], lines[spot.position + 1 :]
    return msgspec.structs.replace(group, context=tuple(before), context_after=tuple(after[:AROUND]))


def _sorted(events: Iterable[Event], window: Window) -> Found:
    """What is of the time that is asked about, and of the time before."""
    found = nothing_found(window)
    for event in events:
        if window.has(event.at):
            found.profile.add(event)
        elif found.former and window.precedes(event.at):
            found.former.add(event)
    return found


def _answered(seen: Snapshot, found: Found, known: Profile | None, window: Window) -> Answer:
    looked, lines = seen.all(LogLooked), seen.all(LogLine)
    unseen = [(f"{gap.where} {_words(gap.what)}", gap.why) for gap in seen.gaps]
    if not (looked or unseen or any(kind == LogLine.__name__ for kind, _ in seen.looked)):
        unseen.append(("hosts", "no log of a service is there"))
    read = Read(
        files=len(looked) or len({(line.source.host, line.file) for line in lines}),
        bytes=sum(each.bytes for each in looked),
        events=found.profile.events,
        unreadable=tuple(unseen),
        partly="only lines that tell of trouble were sent"
        if looked
        else "a recording has the last lines of each log",
    )
    until = seen.taken_at.timestamp() if window.until is None else window.until
    done = answer(found.profile, known, read, found.former, until)
    return msgspec.structs.replace(done, since=window.since, until=window.until)


def _words(what: str) -> str:
    """What a question is called, without what it was filled with."""
    return what.partition(":")[0].replace("_", " ")


def _event(line: LogLine, number: int) -> Event:
    """number: among the lines of its log."""
    return Event(
        position=number,
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
