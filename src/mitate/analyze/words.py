"""Small words that sentences of findings share."""

from __future__ import annotations

from datetime import timedelta


def short(text: str, limit: int = 160) -> str:
    """The first line of a message, cut at ``limit`` characters.

    >>> short("no such file\\nTraceback…")
    'no such file'
    """
    line = text.strip().split("\n", 1)[0]
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def lasting(time: timedelta) -> str:
    """A length of time as one says it.

    >>> lasting(timedelta(seconds=75)), lasting(timedelta(minutes=3)), lasting(timedelta(days=2, hours=5))
    ('75 s', '3 min', '2 days')
    """
    seconds = max(0, int(time.total_seconds()))
    for unit, size in (("days", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def listed(things: list[str], most: int = 4) -> str:
    """A list in a sentence.

    >>> listed(["a"]), listed(["a", "b", "c"]), listed(list("abcdef"))
    ('a', 'a, b and c', 'a, b, c, d and 2 more')
    """
    if len(things) > most:
        return f"{', '.join(things[:most])} and {len(things) - most} more"
    return " and ".join(filter(None, (", ".join(things[:-1]), things[-1]))) if things else ""
