"""Where a fact comes from, and the places that could not be seen.

A fact without its source is a rumour: every fact says which host was asked, with which words, and when.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

import msgspec

API = "api"
"""The host name that stands in a source when the OpenStack API itself was asked."""


class Source(msgspec.Struct, frozen=True):
    """host: the host as the cloud calls it, or ``API``. asked: the question exactly as sent. at: UTC."""

    host: str
    asked: str
    at: datetime


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """One thing known. Fields that could not be learnt are None, never the healthy value.

    telling: the fields that matter in evidence, in their order; all of them when it is empty.
    """

    telling: ClassVar[tuple[str, ...]] = ()
    source: Source

    def brief(self) -> str:
        """What the fact says in one line, for evidence: its telling fields as far as they are known."""
        names = self.telling or tuple(name for name in self.__struct_fields__ if name != "source")
        pairs = ((name, getattr(self, name)) for name in names)
        return " ".join(f"{name}={_plain(value)}" for name, value in pairs if value not in (None, "", ()))


def _plain(value: Any) -> str:
    return value.isoformat(" ", "seconds") if isinstance(value, datetime) else str(value)


class Gap(msgspec.Struct, frozen=True):
    """A place we tried to look and could not.

    where: host name or ``API``. what: name of the source that was to answer. why: one clear clause.
    kinds: names of the fact classes that are therefore missing there.
    """

    where: str
    what: str
    why: str
    kinds: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.where}: {self.what}: {self.why}"
