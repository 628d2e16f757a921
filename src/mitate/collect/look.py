"""Asks every place at once and makes one snapshot of what they said, and of what they could not say."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from mitate.collect.names import Names, wanted
from mitate.collect.place import Place
from mitate.collect.question import Answer, ApiQuestion, SourceOfFacts, all_sources
from mitate.model.cloud import ComputeService, NetworkAgent
from mitate.model.errors import CannotSee
from mitate.model.host import Container, HostContact, HostIdentity, Process, Unit
from mitate.model.layouts import layout_of
from mitate.model.snapshot import Snapshot, snapshot
from mitate.model.source import API, Fact, Gap, Source

NAMES_HOSTS = (ComputeService, NetworkAgent)
"""What the API tells of these names the hosts of the cloud."""
ALIKE = 3
"""More answers than this missing for one and the same reason are told as one gap."""
INTERRUPTED = CannotSee("interrupted before it had answered", "interrupted")
NOT_ASKED = "it is not among the hosts that were asked"
STRANGE = (
    "nothing here looks like any deployment of OpenStack that is known, though the API says that it is one"
)
NEEDS_LAYOUT = ("ConfigOption", "Container", "LogLine", "Process", "Unit")
"""What would be found by other names there: that it is not seen says nothing."""


class Progress(Protocol):
    """Who is awaited, and who has answered (seen: at least one answer came)."""

    def asked(self, place: str) -> None: ...

    def answered(self, place: str, seen: bool) -> None: ...


class Quiet:
    """Tells nobody."""

    def asked(self, place: str) -> None:
        pass

    def answered(self, place: str, seen: bool) -> None:
        pass


class Told(msgspec.Struct):
    """What one place said: name as the cloud calls it."""

    name: str
    facts: list[Fact] = []
    gaps: list[Gap] = []
    looked: list[tuple[str, str]] = []


async def look(
    cloud: str,
    api: Place | None,
    hosts: Sequence[Place],
    more_hosts: Callable[[Sequence[str]], Sequence[Place]] | None,
    now: datetime,
    progress: Progress | None = None,
    only: Sequence[str] = (),
    kinds: Collection[type[Fact]] | None = None,
    thorough: bool = False,
) -> Snapshot:
    """One look at a cloud. now: what the snapshot is dated. only: patterns; other hosts are not asked.
    kinds: the facts that are needed, when not all are: what tells of none of them is not asked. thorough:
    costly questions are asked, too.

    more_hosts makes places of the hosts that the API names and ``hosts`` lacks; without it they become gaps.
    Places may know ``hostname`` and ``contact`` once they were asked.

    Cancelled (Ctrl-C), it does not raise: what was seen so far is the snapshot, and the rest are gaps
    that say so.
    """
    eye = _Look(
        api,
        [host for host in hosts if wanted(host.name, only)],
        more_hosts,
        progress or Quiet(),
        only,
        _asked(kinds, thorough),
    )
    try:
        await eye.all()
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task:
            task.uncancel()
    told = eye.told(now)
    return snapshot(
        cloud,
        now,
        (fact for place in told for fact in place.facts),
        (gap for place in told for gap in place.gaps),
        (pair for place in told for pair in place.looked),
    )


class _Look:
    def __init__(
        self,
        api: Place | None,
        hosts: Sequence[Place],
        more_hosts: Callable[[Sequence[str]], Sequence[Place]] | None,
        progress: Progress,
        only: Sequence[str],
        sources: Mapping[str, SourceOfFacts],
    ) -> None:
        self._api = api
        self._hosts = list(hosts)
        self._more_hosts = more_hosts
        self._progress = progress
        self._only = only
        self._of_api = {n: s for n, s in sources.items() if isinstance(s.question, ApiQuestion)}
        self._of_hosts = {n: s for n, s in sources.items() if n not in self._of_api}
        self._names = Names()
        self._named = asyncio.Event()
        self._api_answers: dict[str, Answer | CannotSee] = {}
        self._answers: dict[int, Mapping[str, Answer | CannotSee]] = {}
        """By host's number: answers that wait until it is known what the API calls that host."""
        self._told: dict[int, Told] = {}

    async def all(self) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                if self._api:
                    self._progress.asked(API)
                for names_hosts in (True, False):
                    group.create_task(self._ask_api(names_hosts))
                for number in range(len(self._hosts)):
                    group.create_task(self._ask_host(number))
                await self._named.wait()
                for host in self._unasked():
                    self._hosts.append(host)
                    group.create_task(self._ask_host(len(self._hosts) - 1))
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from None

    async def _ask_api(self, names_hosts: bool) -> None:
        """What names the hosts is asked apart, so that they need not wait for the rest."""
        part = {
            name: source
            for name, source in self._of_api.items()
            if names_hosts == any(kind in NAMES_HOSTS for kind in source.tells)
        }
        if self._api and part:
            answers = await self._api.ask([source.question for source in part.values()])
            self._api_answers.update(answers)
            if len(self._api_answers) == len(self._of_api):
                self._progress.answered(API, any(isinstance(a, Answer) for a in self._api_answers.values()))
            if names_hosts:
                told = tell(API, part, answers)
                self._names = Names(fact.host for fact in told.facts if isinstance(fact, NAMES_HOSTS))
        if names_hosts:
            self._named.set()

    async def _ask_host(self, number: int) -> None:
        place = self._hosts[number]
        self._progress.asked(place.name)
        answers = await place.ask([source.question for source in self._of_hosts.values()])
        self._progress.answered(place.name, any(isinstance(answer, Answer) for answer in answers.values()))
        self._answers[number] = answers
        del answers
        await self._named.wait()
        self._understand(number)

    def _understand(self, number: int) -> None:
        """Parse what a host said, and let go of the texts."""
        place = self._hosts[number]
        name = self._names.of(place.name, getattr(place, "hostname", ""))
        told = tell(name, self._of_hosts, self._answers.pop(number))
        contact: HostContact | None = getattr(place, "contact", None)
        if contact:
            source = msgspec.structs.replace(contact.source, host=name)
            told.facts.insert(0, msgspec.structs.replace(contact, host=name, source=source))
        self._told[number] = told

    def _unasked(self) -> Sequence[Place]:
        if self._more_hosts is None:
            return []
        asked = {self._names.of(host.name) for host in self._hosts}
        return self._more_hosts([n for n in self._names.known if n not in asked and wanted(n, self._only)])

    def told(self, now: datetime) -> list[Told]:
        """Everything seen, in an order that does not depend on who answered first."""
        for number in sorted(self._answers):
            self._understand(number)
        every = [tell(API, self._of_api, self._api_answers)] if self._api else []
        hosts: dict[str, Told] = {}
        for number, place in enumerate(self._hosts):
            told = self._told.get(number)
            if told is None:
                told = tell(self._names.of(place.name), self._of_hosts, {})
            elif not any(isinstance(fact, HostContact) for fact in told.facts):
                told.facts.insert(0, _contact(told, now))
            hosts.setdefault(
                told.name, told
            )  # the same host twice (by name and by address): the first counts
        for name in self._names.known:
            if name not in hosts and wanted(name, self._only):
                hosts[name] = Told(
                    name, gaps=[Gap(name, "everything", NOT_ASKED, _kinds(self._of_hosts.values()))]
                )
            elif name in hosts and _strange(hosts[name]):
                hosts[name].gaps.append(Gap(name, "deployment", STRANGE, NEEDS_LAYOUT))
        return every + [hosts[name] for name in sorted(hosts)]


def _asked(kinds: Collection[type[Fact]] | None, thorough: bool) -> dict[str, SourceOfFacts]:
    """The sources of one look, by name. Who names the facts that are needed gets costly ones of them, too."""
    needed = None if kinds is None else {*kinds, *NAMES_HOSTS, HostIdentity}
    return {
        name: each
        for name, each in all_sources().items()
        if not (
            each.question.slots
            or each.question.on_demand
            or (each.question.costly and not thorough and kinds is None)
        )
        and (needed is None or needed.intersection(each.tells))
    }


def _strange(told: Told) -> bool:
    """Whether the host showed its processes and units, and none of them is OpenStack's as far as is known."""
    if not {("Process", told.name), ("Unit", told.name)} <= set(told.looked):
        return False
    units, boxes, processes = (
        [fact for fact in told.facts if isinstance(fact, kind)] for kind in (Unit, Container, Process)
    )
    return layout_of(units, boxes, processes) is None  # type: ignore[arg-type] # mypy joins the three kinds


def tell(name: str, sources: Mapping[str, SourceOfFacts], answers: Mapping[str, Answer | CannotSee]) -> Told:
    """Facts out of one place's answers; what cannot be understood, or never came, is a gap."""
    told = Told(name)
    unseen: dict[str, str] = {}
    for what, source in sources.items():
        answer = answers.get(what, INTERRUPTED)
        if isinstance(answer, CannotSee):
            unseen[what] = str(answer)
            continue
        if answer.host != name:
            answer = msgspec.structs.replace(answer, host=name)
        try:
            told.facts += list(source.parse(answer))
            told.looked += [(kind.__name__, name) for kind in source.tells]
        except Exception as error:  # what a cloud says must never end the run
            if not answer.cut:
                unseen[what] = f"the answer was not understood: {_short(error)}"
        if answer.partial:
            unseen[what] = answer.partial
        if answer.cut:
            unseen[what] = f"the answer was cut at {source.question.limit} bytes: only its beginning was read"
    told.gaps += _gaps(name, sources, unseen)
    return told


def _gaps(name: str, sources: Mapping[str, SourceOfFacts], unseen: Mapping[str, str]) -> Iterable[Gap]:
    by_reason: dict[str, list[str]] = {}
    for what, why in unseen.items():
        by_reason.setdefault(why, []).append(what)
    for why, alike in by_reason.items():
        if len(alike) <= ALIKE:
            yield from (Gap(name, what, why, _kinds([sources[what]])) for what in alike)
        else:
            what = "everything" if len(alike) == len(sources) else "everything else"
            yield Gap(name, what, why, _kinds(sources[each] for each in alike))


def _kinds(sources: Iterable[SourceOfFacts]) -> tuple[str, ...]:
    return tuple(sorted({kind.__name__ for source in sources for kind in source.tells}))


def _short(error: Exception) -> str:
    """A parser's own words are clear; of any other error the kind says more than its message."""
    said = " ".join(str(error).split())[:200]
    return said if isinstance(error, ValueError) and said else type(error).__name__


def _contact(told: Told, now: datetime) -> HostContact:
    why = "" if told.looked else (told.gaps[0].why if told.gaps else "")
    return HostContact(
        source=Source(told.name, "contact", now), host=told.name, reached=bool(told.looked), detail=why
    )
