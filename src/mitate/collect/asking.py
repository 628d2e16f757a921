"""Asks one thing after another, where an answer says what to ask next, and holds all that was told."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from urllib.parse import quote

import msgspec

from mitate.collect.look import Progress, Told, tell
from mitate.collect.names import Names, wanted
from mitate.collect.place import Place
from mitate.collect.question import Answer, Question, SourceOfFacts, all_sources
from mitate.model.errors import CannotSee, CannotStart
from mitate.model.host import HostContact
from mitate.model.snapshot import Snapshot, snapshot
from mitate.model.source import API, Fact, Gap


def question(name: str, /, **slots: str) -> Question:
    """A registered question, its slots filled. Raises ValueError when a value is not of its slot's kind."""
    asked = all_sources()[name].question
    return asked.filled(**slots) if slots else asked


def servers_named(name: str) -> Question:
    """Asks for the servers of a name, which Nova takes for a regular expression. Raises CannotStart."""
    pattern = re.sub(r"([\\\[\](){}.*+?^$|])", r"\\\1", name)
    try:
        return question("servers_by", filter="name", value=quote(f"^{pattern}$", safe=""))
    except ValueError:
        raise CannotStart(f"{name[:80]!r} is too long for the name of a server") from None


def only(name: str, ids: Iterable[str]) -> str | None:
    """The one server that is called so; None where none is. Raises CannotStart where several are."""
    found = sorted(set(ids))
    if len(found) > 1:
        listed = ", ".join(found[:10])
        raise CannotStart(f"{len(found)} servers are called {name!r}: give the id of one ({listed})")
    return found[0] if found else None


class Asker:
    """hosts, more_hosts: as ``look`` takes them. Only hosts that are named are asked."""

    def __init__(
        self,
        cloud: str,
        now: datetime,
        api: Place | None,
        hosts: Sequence[Place],
        more_hosts: Callable[[Sequence[str]], Sequence[Place]] | None,
        progress: Progress,
    ) -> None:
        self._cloud, self._now, self._api = cloud, now, api
        self._hosts, self._more_hosts = hosts, more_hosts
        self._progress = progress
        self._seen = False
        self.host_bytes = 0
        """What hosts sent as answers."""
        self._told: list[Told] = []

    @property
    def requests(self) -> int:
        """How many were sent to the API so far."""
        return int(getattr(self._api, "requests", 0))

    def snapshot(self) -> Snapshot:
        """All that is known by now; a fact that was told twice stands once."""
        facts: dict[Fact, None] = dict.fromkeys(fact for told in self._told for fact in told.facts)
        return snapshot(
            self._cloud,
            self._now,
            facts,
            (gap for told in self._told for gap in told.gaps),
            (pair for told in self._told for pair in told.looked),
        )

    async def ask(self, *questions: Question) -> dict[str, CannotSee]:
        """Ask the API. What could not be answered, by what the question is called, and why."""
        if self._api is None:
            none = CannotSee("there is no API to ask", "absent")
            return {each.called: none for each in questions}
        self._progress.asked(API)
        answers = await self._api.ask(questions)
        self._seen = self._seen or any(isinstance(each, Answer) for each in answers.values())
        self._told.append(tell(API, _sources(questions), answers))
        return {key: why for key, why in answers.items() if isinstance(why, CannotSee)}

    def done(self) -> None:
        """Nothing more is asked of the API."""
        self._progress.answered(API, self._seen)

    async def ask_hosts(self, names: Collection[str], questions: Sequence[Question]) -> None:
        """Ask some hosts, all at once; names: as the API calls them."""
        known = Names(sorted(names))
        places = [place for place in self._hosts if wanted(place.name, names)]
        found = {known.of(place.name) for place in places}
        missing = [name for name in known.known if name not in found]
        if self._more_hosts is not None:
            places += self._more_hosts(missing)
        else:
            kinds = tuple(sorted({k.__name__ for s in _sources(questions).values() for k in s.tells}))
            self._told += [
                Told(n, gaps=[Gap(n, "everything", "it is not in the inventory", kinds)]) for n in missing
            ]
        await asyncio.gather(*(self._ask_host(place, known, questions) for place in places))

    async def _ask_host(self, place: Place, known: Names, questions: Sequence[Question]) -> None:
        self._progress.asked(place.name)
        answers = await place.ask(questions)
        self._progress.answered(place.name, any(isinstance(each, Answer) for each in answers.values()))
        name = known.of(place.name, getattr(place, "hostname", ""))
        told = tell(name, _sources(questions), answers)
        contact: HostContact | None = getattr(place, "contact", None)
        if contact:
            source = msgspec.structs.replace(contact.source, host=name)
            told.facts.append(msgspec.structs.replace(contact, host=name, source=source))
        self.host_bytes += sum(len(each.text) for each in answers.values() if isinstance(each, Answer))
        self._told.append(told)


def _sources(questions: Sequence[Question]) -> dict[str, SourceOfFacts]:
    """By what the answers are called."""
    return {each.called: all_sources()[each.name] for each in questions}
