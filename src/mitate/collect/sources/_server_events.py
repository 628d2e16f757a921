"""What befell a server, as Nova wrote it down: actions, and the events of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from mitate.collect.sources._json import TEXT, Record
from mitate.model.placement import ServerEvent
from mitate.model.source import Source

MICROVERSION = "2.84"
OLDER = ("2.62", "2.58")
"""2.84 tells the error of an event in words, 2.62 the host where it happened."""
ACTION = ("action", "request_id", "message", "start_time", "updated_at")
EVENT = ("event", "host", "result", "details", "traceback", "start_time", "finish_time")


def events(source: Source, server: str, action: Record, told: Iterable[Record]) -> Iterator[ServerEvent]:
    """The action itself (event ""), then the events that were told of it."""
    name, request = action.must("action"), action.text("request_id")
    message = action.text("message")
    yield ServerEvent(
        source=source,
        server_id=server,
        action=name,
        request_id=request,
        result="Error" if message == "Error" else "",
        message=message,
        started_at=action.when("start_time"),
        finished_at=action.when("updated_at"),
    )
    for row in told:
        yield ServerEvent(
            source=source,
            server_id=server,
            action=name,
            request_id=request,
            event=row.text("event"),
            host=row.text("host"),
            result=row.text("result"),
            message=row.text("details") or _last(row.get("traceback")),
            started_at=row.when("start_time"),
            finished_at=row.when("finish_time"),
        )


def _last(traceback: Any) -> str:
    """The last line of a traceback: the error itself."""
    lines = traceback[-TEXT:].split("\n") if isinstance(traceback, str) else []
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
