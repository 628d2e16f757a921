"""Splunk: ``POST /services/search/v2/jobs/export``, a stream of JSON lines; nothing is paged.

Sources: Splunk REST API Reference, "Search endpoint descriptions" (``search/v2/jobs/export`` since 9.0.1,
before that ``search/jobs/export``; ``earliest_time`` is inclusive, ``latest_time`` is not); Splunk SDKs, "To
work with results from an export search" (each row is an object of its own with ``preview``, ``offset`` and
``result``, the last one has ``lastrow``; messages come between them). Events come newest first. The search
has commands that only choose and name fields; what a person gives may have none (``place.py``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from mitate.collect.logs.stores.client import Client
from mitate.collect.logs.stores.hit import FRAME, NANO, PHRASES, Hit
from mitate.collect.transport.trouble import clause
from mitate.model.errors import CannotSee

PATHS = ("/services/search/v2/jobs/export", "/services/search/jobs/export")
AT = "mitate_at"
"""A field for the time in seconds since 1970: ``_time`` comes in the zone and form of the user's settings."""
KEPT = ("_raw", "host", "source", "sourcetype")
_JSON = msgspec.json.Decoder(dict[str, Any])


class Splunk:
    def __init__(self, client: Client) -> None:
        self.notes: list[str] = []
        self._client = client

    def sample(self, since: float, until: float, most: int) -> Iterator[Hit]:
        yield from self._events("", since, until, most)

    def search(self, since: float, until: float) -> Iterator[Hit]:
        words = [_quoted(phrase) for phrase in PHRASES]
        words.append(f"({' '.join(map(_quoted, FRAME))})")
        yield from self._events(f" ({' OR '.join(words)})", since, until, self._client.bounds.lines + 1)

    def _events(self, words: str, since: float, until: float, most: int) -> Iterator[Hit]:
        form = {
            "search": f"search ({self._client.place.what}){words} | head {most} | eval {AT}=_time"
            f" | fields {AT}, {', '.join(KEPT)}",
            "earliest_time": f"{since:.3f}",
            "latest_time": f"{until + 0.001:.3f}",
            "output_mode": "json",
        }
        for order, row in enumerate(self._rows(form)):
            try:
                at = int(float(row[AT]) * 1000) * (NANO // 1000)
            except (KeyError, TypeError, ValueError, OverflowError):
                raise self._strange("an event without a time") from None
            yield Hit(at, -order, _record(row))

    def _rows(self, form: dict[str, str]) -> Iterator[dict[str, Any]]:
        try:
            yield from self._stream(PATHS[0], form)
        except CannotSee as error:
            if error.reason != "absent":
                raise
            yield from self._stream(PATHS[1], form)

    def _stream(self, path: str, form: dict[str, str]) -> Iterator[dict[str, Any]]:
        for line in self._client.stream(path, form):
            if not line.strip():
                continue
            try:
                told = _JSON.decode(line)
            except (msgspec.DecodeError, UnicodeError, RecursionError):
                raise self._strange("what is no line of JSON") from None
            self._messages(told.get("messages"))
            row = told.get("result")
            if told.get("preview") is not True and isinstance(row, dict):
                yield row

    def _messages(self, told: Any) -> None:
        """What Splunk says beside the events: that something was not searched, or that the search failed."""
        for each in told if isinstance(told, list) else []:
            kind, text = (each.get("type"), each.get("text")) if isinstance(each, dict) else (None, None)
            said = clause(text) if isinstance(text, str) else ""
            if kind == "FATAL":
                raise CannotSee(
                    f"{self._client.place.said} ended the search: {said or 'it does not say why'}", "http"
                )
            if kind in ("ERROR", "WARN") and said and said not in self.notes and len(self.notes) < 20:
                self.notes.append(said)

    def _strange(self, what: str) -> CannotSee:
        return CannotSee(f"{self._client.place.said} answers {what}: is it Splunk?", "garbage")


def _quoted(words: str) -> str:
    return '"' + words.replace('"', '\\"') + '"'


def _record(row: dict[str, Any]) -> dict[str, Any]:
    """The line as ``message``, its file as ``file``."""
    return {"host": row.get("host"), "file": row.get("source"), "message": row.get("_raw")}
