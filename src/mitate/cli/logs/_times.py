"""Times as a person gives them on the command line."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from mitate.model.errors import CannotStart

_AGO = re.compile(r"(\d{1,9}(?:\.\d{1,3})?) ?(s|min|h|d)")
_UNITS = {"s": 1, "min": 60, "h": 3600, "d": 86_400}


def moment(option: str, text: str | None, now: float) -> float | None:
    """Seconds since 1970; None for None. now: what ``2h`` is before. Raises CannotStart.

    >>> moment("--since", "2026-11-22T13:28", 0.0), moment("--since", "15min", 1000.0)
    (1795354080.0, 100.0)
    """
    if text is None:
        return None
    if ago := _AGO.fullmatch(text.strip()):
        return now - float(ago[1]) * _UNITS[ago[2]]
    try:
        at = datetime.fromisoformat(text.strip())
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise CannotStart(
            f"{option} {text[:40]}: give a time like 2026-11-22T13:28 (UTC), or how long ago, like 2h"
        ) from None
