"""Reading JSON that comes from a cloud: every field is doubted, nothing unknown becomes a healthy value."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

TEXT = 2000
"""No text of a fact is longer than this many characters."""
OBJECTS = 1_000_000
"""No text holds more objects and arrays: in memory each takes thirty times its room in the text."""


def decode(text: str) -> Any:
    """The JSON value of a text; ValueError for anything that is none, or too much."""
    if text.count("{") + text.count("[") > OBJECTS:
        raise ValueError(f"more than {OBJECTS} objects")
    try:
        return msgspec.json.decode(text)
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as bad:
        raise ValueError(f"not JSON: {bad}") from None


def encode(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def records(text: str) -> Iterator[Record]:
    """The objects of a JSON array."""
    items = decode(text)
    if not isinstance(items, list):
        raise ValueError("not a JSON array")
    return map(Record, items)


class Record:
    """A JSON object. A path's dots go deeper. ``must…`` raises ValueError, the rest tells None."""

    def __init__(self, value: Any) -> None:
        if not isinstance(value, dict):
            raise ValueError("not a JSON object")
        self._value = value

    def get(self, path: str) -> Any:
        """What stands at the path, None where nothing does. A key with dots in it is tried as it is first."""
        if path in self._value:
            return self._value[path]
        here: Any = self._value
        for key in path.split("."):
            here = here.get(key) if isinstance(here, dict) else None
        return here

    def has(self, key: str) -> bool:
        """Whether the key stands there, whatever its value."""
        return key in self._value

    def names(self) -> tuple[str, ...]:
        """Its keys."""
        return tuple(key[:TEXT] for key in self._value)

    def text(self, path: str) -> str:
        value = self.get(path)
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            return str(value)[:TEXT]
        return ""

    def must(self, path: str) -> str:
        return self.text(path) or self._fail(path)

    def number(self, path: str) -> int | None:
        value = self.get(path)
        if isinstance(value, bool):
            return None
        if isinstance(value, int | float):
            return int(value) if abs(value) < 2**63 else None
        if isinstance(value, str) and value.lstrip("-").isdecimal() and len(value) < 19:
            return int(value) if value.isascii() and value.rfind("-") < 1 else None
        return None

    def must_number(self, path: str) -> int:
        value = self.number(path)
        return int(self._fail(path)) if value is None else value

    def decimal(self, path: str) -> float | None:
        """A number with or without a fraction."""
        value = self.get(path)
        known = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 2**63
        return float(value) if known else None

    def flag(self, path: str) -> bool | None:
        value = self.get(path)
        return value if isinstance(value, bool) else None

    def must_flag(self, path: str) -> bool:
        value = self.flag(path)
        return bool(self._fail(path)) if value is None else value

    def when(self, path: str) -> datetime | None:
        """A time of the API; without a zone it is UTC."""
        try:
            at = datetime.fromisoformat(self.text(path))
            return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
        except (ValueError, OverflowError):
            return None

    def list(self, path: str) -> list[Any]:
        value = self.get(path)
        return value if isinstance(value, list) else []

    def texts(self, path: str) -> tuple[str, ...]:
        """The texts of a list, others left out."""
        return tuple(item[:TEXT] for item in self.list(path) if isinstance(item, str))

    def pairs(self, path: str, one: str, other: str) -> tuple[tuple[str, str], ...]:
        """Two fields of each object of a list."""
        rows = [Record(item) for item in self.list(path) if isinstance(item, dict)]
        return tuple((row.text(one), row.text(other)) for row in rows)

    def rows(self, path: str) -> Iterator[Record]:
        """The objects of a list, others left out."""
        return (Record(item) for item in self.list(path) if isinstance(item, dict))

    def members(self, path: str) -> Iterator[tuple[str, Record]]:
        """The objects of an object, with their names; others left out."""
        value = self.get(path)
        for name, item in value.items() if isinstance(value, dict) else ():
            if isinstance(item, dict):
                yield name[:TEXT], Record(item)

    def mapping(self, path: str) -> tuple[tuple[str, str], ...]:
        """An object whose values are plain, as sorted pairs."""
        value = self.get(path)
        if not isinstance(value, dict):
            return ()
        row = Record({str(k): v for k, v in value.items()})
        return tuple((key[:TEXT], row._plain(key)) for key in sorted(row._value))

    def _plain(self, key: str) -> str:
        value = self._value[key]
        return str(value)[:TEXT] if isinstance(value, str | int | float) else ""

    def _fail(self, path: str) -> str:
        name = self.text("id") or self.text("ifname") or "an item"
        raise ValueError(f"{name[:80]}: {path} is missing or of another kind")
