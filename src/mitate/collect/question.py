"""Questions and answers: all that ever leaves this process towards a cloud, and all that comes back.

A question is a registered value (``collect/sources``). The guard in ``collect/transport`` sends nothing else,
so what is not on the list cannot be asked.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cache
from shlex import quote
from typing import Self, TypeVar

import msgspec

from mitate.collect.slots import fits
from mitate.model.source import Fact, Source


class Question(msgspec.Struct, frozen=True):
    """name: what gaps, bundles and file names call it. limit: bytes of answer kept; more is cut, and said.

    on_demand: no look asks it that is not told to; nor is one with slots asked, (name, kind of
    ``collect/slots.py``) of what must be filled in before. given: what they were filled with. costly: it
    takes seconds of a CPU where it is asked, so only a thorough look asks it.
    """

    name: str
    limit: int = 4_000_000
    on_demand: bool = False
    costly: bool = False
    slots: tuple[tuple[str, str], ...] = ()
    given: tuple[tuple[str, str], ...] = ()

    @property
    def called(self) -> str:
        """What its answer is called: its name, and what it was filled with."""
        return ":".join([self.name, *(value for _, value in self.given)])

    def filled(self, **values: str) -> Self:
        """A copy with every slot filled. Raises ValueError when a value is not of its slot's kind."""
        if set(values) != {name for name, _ in self.slots}:
            raise ValueError(f"{self.name} has the slots {', '.join(name for name, _ in self.slots)}")
        for name, kind in self.slots:
            if not fits(kind, values[name]):
                raise ValueError(f"{values[name][:80]!r} is no {kind}: it cannot be asked for")
        given = tuple((name, values[name]) for name, _ in self.slots)
        return msgspec.structs.replace(self, given=given)


class Again(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of items of a list once more, each by itself, because the list does not tell it.

    path: with members of the item in braces, as deep as dots lead (``/servers/{id}``, ``{actions.0.id}``: the
    first of a list). key: the member of the response that holds the answer. into: the member of the item
    that takes it; "" puts it in the item's place. where: (member, value) that an item has. lacks: a member it
    lacks. most: items that are asked about; beyond, they stay as the list told them.
    """

    path: str
    key: str
    into: str = ""
    where: tuple[str, str] | None = None
    lacks: str = ""
    most: int = 50


class ApiQuestion(Question, frozen=True, kw_only=True):
    """A list call. keep: the JSON fields kept of each item (dots go deeper, ``*`` at a name's end stands for
    any rest): all others are dropped unread.

    The answer's text is a JSON array of the items of every page, each with the kept fields only.
    service "" with path "endpoints" is answered by the transport itself: it tries every URL of the catalogue.
    """

    service: str
    path: str
    """Slots stand in it in braces."""
    key: str
    """The member of the response body that holds the list; "" for the body itself."""
    microversion: str = ""
    older: tuple[str, ...] = ()
    """Asked in turn where the service does not know the microversion before (HTTP 406)."""
    keep: tuple[str, ...] = ()
    single: bool = False
    """It holds one object, which becomes the only item."""
    refusable: bool = False
    """HTTP 400 is an answer, too: one item, whose ``refusal`` is what the service said."""
    page_size: int = 1000
    by_offset: bool = False
    """Its pages are asked for by ``offset``, because none tells that another follows."""
    pages: int = 10_000
    """Pages read; beyond, the rest stays unseen, and it is said."""
    again: tuple[Again, ...] = ()
    """In turn: a later one may go by what an earlier one brought."""

    @property
    def sent(self) -> str:
        """The path with its slots filled."""
        path = self.path
        for name, value in self.given:
            path = path.replace(f"{{{name}}}", value)
        return path


class HostQuestion(Question, frozen=True, kw_only=True):
    """A POSIX sh script that only reads. It is run as root with standard input closed, under ``timeout``.

    Exit status 0: looked (an empty answer means "nothing there"). Other: could not look; what it wrote on
    standard error says why. asked: how a person would ask the same in one line, shown as evidence.
    slow: it may take longer than the others together, and runs beside them.
    Secrets must be redacted within the script: nothing that leaves the host may hold one. A slot is a shell
    variable of its name. keyed: it is given the key of this run, to tell of values that it does not tell
    whether they are equal (``sources/_keyed.py``).
    """

    script: str
    asked: str
    timeout_s: int = 10
    slow: bool = False
    keyed: bool = False

    @property
    def sent(self) -> str:
        """The script with its slots as variables before it."""
        return "".join(f"{name}={quote(value)}\n" for name, value in self.given) + self.script


class Answer(msgspec.Struct, frozen=True):
    """question: what it is called. host: as the cloud calls it, or ``API``. at: UTC, when it was asked.

    cut: the answer was longer than the question's limit, and only its beginning is here. partial: why not all
    was asked that the question would have liked to know; "" when it was.
    """

    question: str
    host: str
    asked: str
    at: datetime
    text: str
    took_s: float = 0.0
    cut: bool = False
    partial: str = ""

    @property
    def source(self) -> Source:
        return Source(self.host, self.asked, self.at)

    @property
    def given(self) -> str:
        """What the slots of its question were filled with."""
        return self.question.partition(":")[2]


F = TypeVar("F", bound=Fact)
Parser = Callable[[Answer], Iterable[Fact]]


class SourceOfFacts(msgspec.Struct, frozen=True):
    """A question, the classes of facts its answer tells, and the pure parser (raises ValueError only)."""

    question: ApiQuestion | HostQuestion
    tells: tuple[type[Fact], ...]
    parse: Parser
    sosreport: Callable[[SosRoot], str] | None = None
    """Makes the very text the script would have answered out of a sosreport; raises CannotSee."""


class SosRoot:
    """What a source may read of an unpacked sosreport; implemented by the transport."""

    def read(self, *patterns: str) -> str:
        """The text of the first file that matches a glob below the root. Raises CannotSee if none does."""
        raise NotImplementedError

    def files(self, *patterns: str) -> list[tuple[str, str]]:
        """(path below the root, text) of every file that matches; empty when none does."""
        raise NotImplementedError


def source(
    question: ApiQuestion | HostQuestion,
    *tells: type[Fact],
    sosreport: Callable[[SosRoot], str] | None = None,
) -> Callable[[Parser], SourceOfFacts]:
    """Make a source of a parser function: ``collect/sources/NAME.py`` holds one, named like its question."""

    def make(parse: Parser) -> SourceOfFacts:
        return SourceOfFacts(question, tells, parse, sosreport)

    return make


@cache
def all_sources() -> dict[str, SourceOfFacts]:
    """Every source, by the name of its question, found by path."""
    package = importlib.import_module("mitate.collect.sources")
    found = {}
    for name in sorted(info.name for info in pkgutil.iter_modules(package.__path__)):
        if name.startswith("_"):
            continue
        here = getattr(importlib.import_module(f"{package.__name__}.{name}"), name)
        assert here.question.name == name, f"{name}: file, parser and question must have one name"
        found[name] = here
    return found
