"""Times as services write them, in seconds since 1970.

A time without a zone is taken for UTC: logs from one cloud are compared with one another, and a log alone
does not tell. A time without a year gets the year in which the log was last written to.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache

_MONTHS = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1
    )
}
_BSD = re.compile(r"([A-Z][a-z]{2}) +(\d{1,2}) (\d\d):(\d\d):(\d\d)(\.\d{1,9})?(?: (\d{4}))?")
_WEB = re.compile(r"(\d{1,2})[/-]([A-Z][a-z]{2})[/-](\d{4})::?(\d\d):(\d\d):(\d\d)(\.\d+)?(?: ([+-]\d{4}))?")
_SHORT = re.compile(r"(\d\d)(\d\d)(\d\d) +(\d{1,2}):(\d\d):(\d\d)")
_EPOCH = re.compile(r"\d{9,10}(?:\.\d{1,9})?")


def seconds(text: str, year: int = 1970) -> float | None:
    """Of ISO 8601 in its many forms, syslog, web servers, RabbitMQ, old MySQL, or seconds since 1970.

    >>> seconds("2026-11-22 15:32:01.453"), seconds("2026-11-22T16:32:01,453000000+0100")
    (1795361521.453, 1795361521.453)
    >>> seconds("Nov 22 15:32:01", 2026), seconds("22/Nov/2026:15:32:01 +0000"), seconds("tomorrow")
    (1795361521.0, 1795361521.0, None)
    """
    if text[4:5] == "-" and len(text) >= 19:
        at: float | None = _second(text[:19])
        rest = text[19:]
        if at is None or not rest:
            return at
        if rest[0] in ".," and rest[1:].isdigit() and len(rest) < 11:
            return at + float(rest.replace(",", "."))
        return _iso(text)
    return _other(text, year)


@lru_cache(maxsize=512)
def _second(text: str) -> float | None:
    return _iso(text)


def _iso(text: str) -> float | None:
    try:
        at = datetime.fromisoformat(text.replace(" +", "+").replace(" -", "-"))
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def _other(text: str, year: int) -> float | None:
    try:
        if _EPOCH.fullmatch(text):
            return float(text)
        if found := _BSD.search(text):
            month, day, hour, minute, second, fraction, named = found.groups()
            at = datetime(
                int(named or year), _MONTHS[month], int(day), int(hour), int(minute), int(second), tzinfo=UTC
            )
            return at.timestamp() + float(fraction or 0)
        if found := _WEB.search(text):
            day, month, named, hour, minute, second, fraction, zone = found.groups()
            at = datetime(
                int(named), _MONTHS[month], int(day), int(hour), int(minute), int(second), tzinfo=UTC
            )
            sign = -1 if (zone or "+").startswith("-") else 1
            offset = sign * (int(zone[1:3]) * 3600 + int(zone[3:]) * 60) if zone else 0
            return at.timestamp() + float(fraction or 0) - offset
        if found := _SHORT.match(text):
            short, month, day, hour, minute, second = (int(part) for part in found.groups())
            return datetime(2000 + short, month, day, hour, minute, second, tzinfo=UTC).timestamp()
    except (ValueError, KeyError, OverflowError):
        pass
    return None
