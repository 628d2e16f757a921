"""Times as a person gives them on the command line."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from mitate.model.errors import CannotStart

_AGO = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)\s*(s|sec|m|min|h|d|w)", re.ASCII)
_UNITS = {"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400, "w": 604_800}


def given(option: str, text: str) -> datetime | timedelta:
    """A time, in UTC where it names no zone, or how long ago. Raises CannotStart for what is neither.

    >>> given("--since", "15min")
    datetime.timedelta(seconds=900)
    """
    if ago := _AGO.fullmatch(text.strip()):
        try:
            return timedelta(seconds=float(ago[1]) * _UNITS[ago[2]])
        except OverflowError:
            raise CannotStart(f"{option} {text[:40]}: that long ago there was no time") from None
    try:
        at = datetime.fromisoformat(text.strip())
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise CannotStart(
            f"{option} {text[:40]}: give a time like 2026-11-22T13:28 (UTC), or how long ago: 90m, 2h, 3d"
        ) from None


def moment(option: str, text: str | None, now: float) -> float | None:
    """Seconds since 1970; None for None. now: what ``2h`` is before. Raises CannotStart.

    >>> moment("--since", "2026-11-22T13:28", 0.0), moment("--since", "15min", 1000.0)
    (1795354080.0, 100.0)
    """
    if text is None:
        return None
    when = given(option, text)
    return now - when.total_seconds() if isinstance(when, timedelta) else when.timestamp()


def between(since: str | None, until: str | None, now: float) -> tuple[float | None, float | None]:
    """Of ``--since`` and ``--until``. Raises CannotStart where nothing lies between them."""
    begin, end = moment("--since", since, now), moment("--until", until, now)
    if begin is not None and end is not None and begin >= end:
        raise CannotStart("--since is not before --until: no time lies between them")
    return begin, end
