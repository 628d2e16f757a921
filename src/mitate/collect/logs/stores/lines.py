"""A record of a store as the lines that a service wrote; see ``wrapped.py`` for those in files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from mitate.collect.logs.line import Line
from mitate.collect.logs.plain import into_context, level_of
from mitate.collect.logs.stores.fields import Fields, found
from mitate.collect.logs.stores.hit import NANO, Hit
from mitate.collect.logs.streams import LONGEST
from mitate.collect.logs.wrapped import MOST_LINES, filled, understood

NEAR_S = 900.0
"""How far a line's own time may be from the store's. Beyond that it is in another zone than UTC, and the
store's counts, which a collector knew better."""
_BARE_ID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_JSON = msgspec.json.Decoder(dict[str, Any])


def opened(record: Mapping[str, Any], fields: Fields) -> Mapping[str, Any]:
    """The record; one whose message is a record itself, as that one, with what was around it.

    >>> names = Fields("", message=("Payload", "message"))
    >>> opened({"host": "c1", "message": '{"Payload": "no", "log_level": "ERROR"}'}, names)
    {'host': 'c1', 'Payload': 'no', 'log_level': 'ERROR'}
    """
    text = found(record, fields.message)
    if text[:1] != "{" or not text.rstrip().endswith("}"):
        return record
    try:
        inner = _JSON.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return record
    around = {name: value for name, value in record.items() if name not in fields.message}
    return {**around, **inner} if found(inner, fields.message) else record


def lines_of(hit: Hit, fields: Fields) -> list[Line]:
    """The lines of a record, the first one with all that the record tells. No lines: it has no message."""
    record = opened(hit.record, fields)
    text = found(record, fields.message)
    if not text:
        return []
    first, *more = text.split("\n", MOST_LINES)[:MOST_LINES]
    line = _first(first[:LONGEST], record, fields)
    at = hit.at / NANO
    if line.at is None or abs(line.at - at) > NEAR_S:
        line.at = at
    lines = [line]
    traceback = found(record, fields.traceback)
    for each in (*more, *(traceback.split("\n", MOST_LINES)[:MOST_LINES] if traceback else ())):
        next_ = understood(each[:LONGEST])
        if next_.head:
            next_.program, next_.process = line.program, next_.process or line.process
            next_.at = line.at
        elif not traceback and not line.head:
            next_.program, next_.process = line.program, line.process
        lines.append(next_)
    return lines


def _first(text: str, record: Mapping[str, Any], fields: Fields) -> Line:
    level, logger = level_of(found(record, fields.level)), found(record, fields.logger)
    host, process = found(record, fields.host), found(record, fields.process)
    program = found(record, fields.program).partition(" ")[0]
    request = _request(found(record, fields.request))
    if level and logger:
        # a collector took the prefix off, and left the blank that stood behind the context
        line = Line(
            text.removeprefix(" ") if request else text, level=level, logger=logger, head=True, bare=True
        )
        into_context(line)
        line.host, line.program = host, program
        line.process = int(process[:10]) if process.isdecimal() else None
    else:
        line = filled(understood(text), None, host, program, process, headed=True, level=level)
        line.logger = line.logger or logger
    line.request = line.request or request
    line.global_request = line.global_request or _request(found(record, fields.global_request))
    line.user = line.user or _who(found(record, fields.user))
    line.tenant = line.tenant or _who(found(record, fields.tenant))
    line.resource = line.resource or found(record, fields.resource)
    if line.request:
        line.bare = False
    return line


def _request(text: str) -> str:
    """Kolla's collector takes ``req-`` off."""
    return f"req-{text}" if _BARE_ID.fullmatch(text) else text if text.startswith("req-") else ""


def _who(text: str) -> str:
    return "" if text in ("-", "None") else text
