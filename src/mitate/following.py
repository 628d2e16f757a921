"""``mitate logs server`` and ``request``: the lines of all hosts that belong to it, as one story.

With ``app.py``, ``probing.py`` and ``placing.py`` the only places that wire rooms together. A live cloud is
asked in rounds: the API, then all hosts at once for the ids that it told, then all hosts once more for the
ids that their lines led to. Logs that somebody gave are read in the same rounds.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from mitate.analyze.timeline.following import first_ids, more_ids
from mitate.analyze.timeline.known import Known
from mitate.analyze.timeline.story import Bounds, tell
from mitate.app import Eyes, Truth, open_eyes
from mitate.collect.asking import Asker, only, question, servers_named
from mitate.collect.logs.events import read
from mitate.collect.logs.find import LogFile, logs_at
from mitate.collect.look import Progress, Quiet, look
from mitate.collect.names import wanted
from mitate.collect.slots import fits
from mitate.model import cloud as api
from mitate.model.errors import CannotSee, CannotStart
from mitate.model.host import HostIdentity, LogLine
from mitate.model.logs import Event
from mitate.model.placement import SchedulingLine, ServerEvent, ServerRequest
from mitate.model.snapshot import Snapshot, snapshot
from mitate.model.source import Fact, Gap, Source
from mitate.model.timeline import Followed, LogSearched, Mention, Timeline

MOST_IDS = 60
"""Ids that hosts are asked for at once."""
ALL_HOSTS = 60
"""Of a larger cloud only those hosts are asked that control it, and those that the API names."""
CONTROL = ("nova-scheduler", "nova-conductor")
BEFORE_S, ALWAYS = 120, 9_999_999_999
RECORDED: tuple[type[Fact], ...] = (
    *(api.Server, api.Port, api.Hypervisor, ServerEvent, LogLine, SchedulingLine, HostIdentity),
)
"""What an ordinary recording holds that may be of a server."""


async def follow(
    truth: Truth, kind: str, name: str, bounds: Bounds, progress: Progress | None = None
) -> Timeline:
    """The life of a server (by id or name) or of a request (by id). Raises CannotStart."""
    started = time.monotonic()
    if kind == "request" and not fits("request", name):
        raise CannotStart(f"{name[:80]!r} is no id of a request: they look like req-8fd71303-f915-4cbc-…")
    if truth.logs or truth.sosreports:
        found = _of_logs((*truth.logs, *truth.sosreports), truth, kind, name, bounds)
    else:
        following = _Following(open_eyes(truth), truth, kind, bounds, progress or Quiet())
        found = await following.story(name)
    return msgspec.structs.replace(found, took_s=round(time.monotonic() - started, 3))


# -- a cloud, or a recording of one -------------------------------------------------------------------------


class _Following:
    """A cloud, asked in rounds."""

    def __init__(self, eyes: Eyes, truth: Truth, kind: str, bounds: Bounds, progress: Progress) -> None:
        self._eyes, self._truth, self._kind, self._bounds = eyes, truth, kind, bounds
        self._progress = progress
        self._recorded: Snapshot | None = None
        self._asker = Asker(eyes.cloud, eyes.taken_at, eyes.api, eyes.hosts, eyes.more_hosts, progress)

    async def story(self, name: str) -> Timeline:
        """Raises CannotStart."""
        if self._truth.bundle:
            eyes = self._eyes
            self._recorded = await look(
                eyes.cloud, eyes.api, eyes.hosts, None, eyes.taken_at, None, self._truth.hosts, RECORDED
            )
        try:
            id_ = name if self._kind == "request" or fits("uuid", name) else await self._id_of(name)
            known = await (self._server(id_) if self._kind == "server" else self._request(id_))
        finally:
            self._asker.done()
        reading = "hosts"
        if self._recorded is not None:
            reading = "hosts" if known.snapshot.all(LogSearched) else "recording"
            told = self._asker.snapshot().gaps if reading == "hosts" else self._recorded.gaps
            known = Known(_with(known.snapshot, gaps=told), known.kind, known.id, known.followed)
        found = tell(known, self._bounds, reading)
        return msgspec.structs.replace(
            found, api_requests=self._asker.requests, bytes_read=self._asker.host_bytes
        )

    def _seen(self) -> Snapshot:
        now = self._asker.snapshot()
        if self._recorded is None:
            return now
        facts = [fact for kept in self._recorded.facts.values() for fact in kept]
        facts += _mentions(self._recorded)
        told = [fact for kept in now.facts.values() for fact in kept]
        return snapshot(
            now.cloud,
            now.taken_at,
            dict.fromkeys([*told, *facts]),
            (*now.gaps, *self._recorded.gaps),
            now.looked | self._recorded.looked,
        )

    async def _server(self, id_: str) -> Known:
        await asyncio.gather(
            self._of_server(id_),
            self._asker.ask(
                question("compute_services"), question("network_agents"), question("hypervisors")
            ),
        )
        known = Known(self._seen(), "server", id_)
        if known.server is None and not known.history and not self._bounds_given:
            seen = known.snapshot
            why = seen.blind(ServerRequest)
            missing = any("404" in gap.why or "no such" in gap.why for gap in why) or not why
            if self._recorded is not None or missing:
                raise CannotStart(f"there is no server {id_!r} that anything is known of")
        known = Known(known.snapshot, "server", id_, first_ids(known))
        return await self._again(await self._round(known, known.followed))

    @property
    def _bounds_given(self) -> bool:
        return self._bounds.since is not None

    async def _request(self, id_: str) -> Known:
        await self._asker.ask(
            question("compute_services"), question("network_agents"), question("hypervisors")
        )
        asked_for = Followed("request", id_, "asked for")
        known = await self._round(Known(self._seen(), "request", id_, [asked_for]), [asked_for])
        servers = [each for each in more_ids(known) if each.kind == "server"]
        await asyncio.gather(*(self._of_server(each.id) for each in servers))
        known = Known(self._seen(), "request", id_, [asked_for, *servers])
        known = Known(known.snapshot, "request", id_, _united(known.followed, first_ids(known)))
        return await self._again(known)

    async def _of_server(self, id_: str) -> None:
        await self._asker.ask(
            question("server", server=id_),
            question("server_history", server=id_),
            question("server_ports", server=id_),
        )

    async def _again(self, known: Known) -> Known:
        """One more round, for what the lines led to; and what its lines belong to by now."""
        have = {each.id for each in known.followed}
        found = more_ids(known)
        known = Known(known.snapshot, known.kind, known.id, _united(known.followed, found))
        asked = have if known.kind == "server" else {known.id}
        known = await self._round(known, [each for each in known.followed if each.id not in asked])
        return Known(known.snapshot, known.kind, known.id, _united(known.followed, more_ids(known)))

    async def _round(self, known: Known, followed: Sequence[Followed]) -> Known:
        ids = [each.id for each in followed if fits("ids", each.id)][:MOST_IDS]
        if ids:
            asked = question("mentions", ids=",".join(ids), since=str(self._since(known)), until=self._until)
            await self._asker.ask_hosts(self._hosts(known), [question("identity"), asked])
        return Known(self._seen(), known.kind, known.id, known.followed)

    def _since(self, known: Known) -> int:
        """Seconds since 1970: a little before the first that is known of it, else a week ago."""
        if self._bounds.since is not None:
            return max(0, int(self._bounds.since))
        times = [each.started_at for each in known.history if each.started_at]
        if (server := known.server) and server.created_at:
            times.append(server.created_at)
        if times:
            return max(0, int(min(each.timestamp() for each in times)) - BEFORE_S)
        return int(self._eyes.taken_at.timestamp()) - 7 * 86_400

    @property
    def _until(self) -> str:
        until = self._bounds.until
        return str(ALWAYS if until is None else min(ALWAYS, max(0, int(until) + 1)))

    def _hosts(self, known: Known) -> list[str]:
        """All of them; of a large cloud those that control it, and those that had to do with it."""
        seen = known.snapshot
        services, agents = seen.all(api.ComputeService), seen.all(api.NetworkAgent)
        names = {each.host for each in services} | {each.host for each in agents}
        names |= {place.name for place in self._eyes.hosts}
        if len(names) > ALL_HOSTS:
            near = {each.host for each in services if each.binary in CONTROL}
            near |= {each.host for each in agents if "dhcp" in each.binary or "l3" in each.binary}
            near |= {each.host for each in known.history} | {each.host for each in known.ports}
            near |= {each.host for each in [known.server] if each} | {e.host for e in known.events}
            near |= {place.name for place in self._eyes.hosts} - {each.host for each in services}
            names &= near
        return sorted(name for name in names if name and wanted(name, self._truth.hosts))

    async def _id_of(self, name: str) -> str:
        """The server of that name. Raises CannotStart."""
        by_name = servers_named(name)
        unseen = await self._asker.ask(by_name)
        if id_ := only(name, (each.id for each in self._seen().all(api.Server) if each.name == name)):
            return id_
        if (why := unseen.get(by_name.called)) and self._recorded is None:
            raise CannotStart(f"whether there is a server {name!r} cannot be seen: {why}")
        raise CannotStart(f"there is no server {name!r}; of one that is deleted, give the id")


def _united(*lists: Iterable[Followed]) -> tuple[Followed, ...]:
    every = [each for some in lists for each in some]
    return tuple({each.id: each for each in reversed(every)}.values())[::-1]


def _with(seen: Snapshot, gaps: Iterable[Gap]) -> Snapshot:
    return msgspec.structs.replace(seen, gaps=tuple(gaps))


def _mentions(recorded: Snapshot) -> list[Fact]:
    """The lines that an ordinary recording holds."""
    found: list[Fact] = []
    lines: list[LogLine | SchedulingLine] = [*recorded.all(LogLine)]
    lines += recorded.all(SchedulingLine)
    for line in lines:
        event = Event(
            at=line.at.timestamp() if line.at else None,
            host=line.source.host,
            service=line.service,
            file=line.file,
            level=line.level,
            logger=line.logger,
            request=line.request_id,
            message=line.message,
        )
        found.append(Mention(source=line.source, event=event))
    return found


# -- logs that somebody gave --------------------------------------------------------------------------------


def _of_logs(paths: Sequence[Path], truth: Truth, kind: str, name: str, bounds: Bounds) -> Timeline:
    """Raises CannotStart."""
    if not (kind == "request" or fits("uuid", name)):
        raise CannotStart(f"logs call a server by its id: give that, not its name ({name[:80]!r})")
    with logs_at(paths) as logs:
        files = [file for file in logs.files if not file.host or wanted(file.host, truth.hosts)]
        found = _Search(files)
        gaps = [Gap(name, "log", why, ("Mention",)) for name, why in logs.unreadable]
        followed: tuple[Followed, ...] = (Followed(kind, name, "asked for"),)
        asked: set[str] = set()
        known = Known(snapshot("logs", datetime.now(UTC), ()), kind, name, followed)
        for _ in range(3):
            new = [each.id for each in followed if each.id not in asked]
            if not new:
                break
            asked.update(new)
            found.look(new, bounds)
            seen = snapshot("logs", found.newest, found.facts, (*gaps, *found.gaps))
            known = Known(seen, kind, name, followed)
            followed = _united(followed, more_ids(known))
        known = Known(known.snapshot, kind, name, followed)
        return msgspec.structs.replace(tell(known, bounds, "logs"), bytes_read=found.bytes)


class _Search:
    """Files that are read again for each round; only lines with an id are understood."""

    def __init__(self, files: Sequence[LogFile]) -> None:
        self._files = files
        self._searched: dict[str, LogSearched] = {}
        self._mentions: dict[Event, None] = {}
        self._at = datetime.fromtimestamp(0, UTC)
        self.gaps: list[Gap] = []
        self.bytes = 0

    @property
    def newest(self) -> datetime:
        """When the last line was written that was found: logs are of then, not of now."""
        times = [event.at for event in self._mentions if event.at is not None]
        return datetime.fromtimestamp(max(times, default=0.0), UTC)

    @property
    def facts(self) -> list[Fact]:
        mentions: list[Fact] = [
            Mention(source=Source(event.host, event.file, self._at), event=event) for event in self._mentions
        ]
        return [*mentions, *self._searched.values()]

    def look(self, ids: Sequence[str], bounds: Bounds) -> None:
        pattern = re.compile(b"|".join(re.escape(id_.encode()) for id_ in ids))
        for file in self._files:
            debug = self._searched[file.name].debug if file.name in self._searched else False
            host = file.host
            self.bytes += file.size
            try:
                for event in read(file, matching=pattern):
                    debug = debug or event.level == "DEBUG"
                    host = host or event.host
                    if event.at is None or bounds.hold(event.at):
                        self._mentions.setdefault(event)
            except CannotSee as why:
                self.gaps.append(Gap(file.name, "log", str(why), ("Mention",)))
            source = Source(host, file.name, self._at)
            known = LogSearched(source=source, service=file.service, file=file.name, debug=debug)
            self._searched[file.name] = known
