"""Words that came from a cloud, made safe to show; and small words of our own.

A name in a cloud is chosen by its users: it may hold terminal escapes, characters that turn the direction of
the text around them, line breaks, or ten thousand letters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime

from mitate.model.source import API

_CUT = "…"
_ESCAPE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[ -/]*[0-~]?"
)
_INVISIBLE = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
_JOINER = "\u200d"  # holds together emoji of several characters


def clean(text: str, limit: int = 300) -> str:
    """One line of visible characters, at most ``limit`` of them: no escapes, no controls, no bidi overrides.

    >>> clean("vm\\x1b[31m-1\\n\\u202egpj.exe")
    'vm-1 gpj.exe'
    >>> clean("a" * 10_000, 8)
    'aaaaaaa…'
    """
    visible = " ".join(_visible(text[: 4 * limit + 64].replace("\t", " ").replace("\n", " ")).split())
    cut = len(visible) > limit or len(text) > 4 * limit + 64
    return visible[: limit - 1].rstrip() + _CUT if cut else visible


def clean_lines(text: str, most: int = 200, limit: int = 1000) -> list[str]:
    """The lines of ``text`` that are not blank, each clean but for its inner spacing, at most ``most``."""
    lines = []
    for line in text[: most * (limit + 1)].splitlines():
        visible = _visible(line[: 4 * limit].expandtabs(4)).rstrip()
        if visible.strip():
            lines.append(visible[: limit - 1] + _CUT if len(visible) > limit else visible)
    return lines[:most]


def _visible(text: str) -> str:
    text = _ESCAPE.sub("", text)
    if text.isascii() and text.isprintable():
        return text
    return "".join(c for c in text if c == _JOINER or not _is_invisible(c))


def _is_invisible(character: str) -> bool:
    """Also the two last of each plane, which Unicode keeps from ever being characters."""
    return unicodedata.category(character) in _INVISIBLE or ord(character) & 0xFFFE == 0xFFFE


def place(where: str) -> str:
    """A place as people call it: the API is no host."""
    return "API" if where == API else where


def stamp(at: datetime) -> str:
    """UTC in ISO 8601 with a Z, to the second: 2026-11-22T13:28:00Z. A time without a zone is UTC."""
    utc = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return utc.strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(at: datetime, beside: datetime | None = None) -> str:
    """For people: 2026-11-22 13:28:00 UTC, or 13:28:00 where ``beside`` is of the same day."""
    day, clock = stamp(at)[:-1].split("T")
    return clock if beside is not None and stamp(beside).startswith(day) else f"{day} {clock} UTC"


def lasting(since: datetime, now: datetime) -> str:
    """How long ago, in its largest unit: 26 min. Empty for a time to come (clocks differ)."""
    seconds = (now - since).total_seconds() if (now.tzinfo is None) == (since.tzinfo is None) else -1
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        if seconds >= 2 * size or (unit == "s" and seconds >= 0):
            return f"{int(seconds // size)} {unit}"
    return ""


def count(number: int, noun: str, plural: str = "") -> str:
    """
    >>> count(1, "cause"), count(2, "cause"), count(12345, "query", "queries")
    ('1 cause', '2 causes', '12,345 queries')
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def listing(names: Sequence[str], most: int = 3) -> str:
    """
    >>> listing(["a", "b", "c", "d", "e"])
    'a, b, c and 2 more'
    """
    shown = ", ".join(clean(name, 120) for name in names[:most])
    return f"{shown} and {len(names) - most:,} more" if len(names) > most else shown
