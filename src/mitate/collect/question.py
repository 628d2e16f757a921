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
from typing import TypeVar

import msgspec

from mitate.model.source import Fact, Source


class Question(msgspec.Struct, frozen=True):
    """name: what gaps, bundles and file names call it. limit: bytes of answer kept; more is cut, and said."""

    name: str
    limit: int = 4_000_000


class Again(msgspec.Struct, frozen=True, kw_only=True):
    """Which items of a list are asked for once more, each by itself, because the list left a field out.

    where: (member, value) that an item has. lacks: the member it lacks. path: before its id. key: the member
    of the response that holds it. most: requests, after which items stay as the list told them.
    """

    where: tuple[str, str]
    lacks: str
    path: str
    key: str
    most: int = 50


class ApiQuestion(Question, frozen=True, kw_only=True):
    """A list call. keep: the JSON fields kept of each item (dots go deeper): all others are dropped unread.

    The answer's text is a JSON array of the items of every page, each with the kept fields only.
    service "" with path "endpoints" is answered by the transport itself: it tries every URL of the catalogue.
    """

    service: str
    path: str
    key: str
    """The member of the response body that holds the list."""
    microversion: str = ""
    keep: tuple[str, ...] = ()
    page_size: int = 1000
    again: Again | None = None


class HostQuestion(Question, frozen=True, kw_only=True):
    """A POSIX sh script that only reads. It is run as root with standard input closed, under ``timeout``.

    Exit status 0: looked (an empty answer means "nothing there"). Other: could not look; what it wrote on
    standard error says why. asked: how a person would ask the same in one line, shown as evidence.
    slow: it may take longer than the others together, and runs beside them.
    Secrets must be redacted within the script: nothing that leaves the host may hold one.
    """

    script: str
    asked: str
    timeout_s: int = 10
    slow: bool = False


class Answer(msgspec.Struct, frozen=True):
    """question: its name. host: the host as the cloud calls it, or ``API``. at: UTC, when it was asked.

    cut: the answer was longer than the question's limit, and only its beginning is here.
    """

    question: str
    host: str
    asked: str
    at: datetime
    text: str
    took_s: float = 0.0
    cut: bool = False

    @property
    def source(self) -> Source:
        return Source(self.host, self.asked, self.at)


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
