"""Loki: ``GET /loki/api/v1/query_range``, the newest first.

Sources: Grafana Loki HTTP API, "Query logs within a range of time" (``start`` is inclusive, ``end`` is not;
``limit``; streams of ``[nanoseconds, line]``), "LogQL, line filter expression" (``|~`` with backquotes).
There are no pages (grafana/loki issue 11254): the next question ends *behind* the time of the oldest line
that came, and what came before is left out. With ``direction=backward`` lines of the same time come youngest
first (grafana/grafana issue 56071). More lines than ``max_entries_limit_per_query`` (5,000 by default) are
refused with status 400 and the number that may be asked for (``pkg/querier``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from mitate.collect.logs.prefilter import WORDS
from mitate.collect.logs.stores.client import Client
from mitate.collect.logs.stores.hit import NANO, Hit
from mitate.model.errors import CannotSee

PATH = "/loki/api/v1/query_range"
LIMIT = 5000
LATEST = (1 << 63) - 1
_ALLOWED = re.compile(r"max_entries_limit\w* \(\d+ > (\d{1,9})\)")
TROUBLE = "|".join(
    [
        *(re.escape(word.decode()) for word in WORDS),
        r'^\s+File "',
        r"^[A-Za-z_][\w.]*(?:Error|Exception|Timeout|NotFound|Failed|_Remote)\b",
    ]
)
"""The words of ``prefilter.py``, and lines of tracebacks that have no level of their own."""


class Loki:
    def __init__(self, client: Client) -> None:
        self.notes: list[str] = []
        self._client = client
        self._limit = LIMIT

    def sample(self, since: float, until: float, most: int) -> Iterator[Hit]:
        lines = self._lines(self._client.place.what, _nano(since), _nano(until) + 1, most)
        for order, (at, labels, line) in enumerate(lines):
            yield Hit(at, -order, {**labels, "message": line})

    def search(self, since: float, until: float) -> Iterator[Hit]:
        query = f"{self._client.place.what} |~ `{TROUBLE}`"
        start, end = _nano(since), _nano(until) + 1
        order = 0
        same: set[tuple[str, str]] = set()
        """Which lines of the time at which the next question ends have come."""
        last: int | None = None
        while end > start:
            lines = self._lines(query, start, end, self._limit)
            fresh = 0
            for at, labels, line in lines:
                key = (repr(sorted(labels.items())), line)
                if at != last:
                    last, same = at, set()
                elif key in same:
                    continue
                same.add(key)
                fresh += 1
                order += 1
                yield Hit(at, -order, {**labels, "message": line})
            if len(lines) < self._limit or last is None:
                return
            if fresh == 0:
                self.notes.append(f"more than {self._limit:,} lines have the same time: some were not read")
            end = last if fresh == 0 else last + 1

    def _lines(self, query: str, start: int, end: int, limit: int) -> list[tuple[int, dict[str, str], str]]:
        """(nanoseconds, labels, line) of all streams, the newest first."""
        asked = {"query": query, "start": str(start), "end": str(end), "direction": "backward"}
        try:
            told = self._client.get(PATH, {**asked, "limit": str(limit)})
        except CannotSee as error:
            allowed = _ALLOWED.search(str(error))
            if allowed is None or not 0 < int(allowed[1]) < limit:
                raise
            self._limit = limit = int(allowed[1])
            told = self._client.get(PATH, {**asked, "limit": str(limit)})
        try:
            found = list(_entries(told))
        except (TypeError, ValueError, KeyError, AttributeError):
            raise CannotSee(f"{self._client.place.said} answers no streams of lines", "garbage") from None
        found.sort(key=lambda entry: -entry[0])
        return [entry for entry in found if start <= entry[0] < end]


def _entries(told: Any) -> Iterator[tuple[int, dict[str, str], str]]:
    data = told["data"]
    if data["resultType"] != "streams":
        raise ValueError("no streams")
    for stream in data["result"]:
        labels = {str(name): str(value) for name, value in stream["stream"].items()}
        for at, line, *_ in stream["values"]:
            if not isinstance(line, str) or not isinstance(at, str) or not at.isdecimal() or len(at) > 19:
                raise ValueError("no line")
            yield int(at), labels, line


def _nano(seconds: float) -> int:
    return max(0, min(int(seconds * 1000) * (NANO // 1000), LATEST - 1))
