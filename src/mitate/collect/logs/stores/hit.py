"""One record that a store found, and what a store can be asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import msgspec

NANO = 1_000_000_000
LEVELS = ("ERROR", "CRITICAL", "TRACE", "FATAL", "ERR", "EMER")
_STATUSES = ("500", "501", "502", "503", "504", "507")
PHRASES = (
    *("ERROR", "CRITICAL", "TRACE", "Traceback (most recent call last)", "ERR", "EMER"),
    *(f"status: {code}" for code in _STATUSES),
    *(
        f"HTTP/{version}{quote} {code}"
        for version in ("1.1", "1.0")
        for quote in ("", '"')
        for code in _STATUSES
    ),
)
"""What ``prefilter.WORDS`` finds in the bytes, as whole words, for stores that know their lines by words."""
FRAME = ("File", "line", "in")
"""All in a line of a traceback, which may have no level of its own."""


class Hit(msgspec.Struct, frozen=True):
    """at: nanoseconds since 1970, by the store. order: of hits of the same time, the smaller is older."""

    at: int
    order: int
    record: dict[str, Any]


class Store(Protocol):
    """Asks for the newest first. Raises CannotSee; what was yielded before is good.

    notes: what of the time that was asked for could not be seen, though the search went on.
    """

    notes: list[str]

    def sample(self, since: float, until: float, most: int) -> Iterator[Hit]:
        """Some records of that time, whatever they tell."""

    def search(self, since: float, until: float) -> Iterator[Hit]:
        """The records that may tell of trouble."""
