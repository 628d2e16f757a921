"""Reading lines that come from a host: bounded, doubted, ValueError and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TypeVar

T = TypeVar("T")
LINES = 200_000
WIDTH = 4000


def lines(text: str) -> Iterator[str]:
    """The lines that are not empty, each cut at ``WIDTH`` characters."""
    for count, line in enumerate(text.split("\n")):
        if count >= LINES:
            raise ValueError(f"more than {LINES} lines")
        if line.strip():
            yield line[:WIDTH]


def whole_lines(text: str) -> list[str]:
    """The lines that are not empty, as long as they are; ValueError when there are more than ``LINES``."""
    if text.count("\n") > LINES:
        raise ValueError(f"more than {LINES} lines")
    return [line for line in text.split("\n") if line.strip()]


def few(facts: Iterable[T]) -> Iterator[T]:
    """The facts; ValueError when there are more than ``LINES``."""
    for count, fact in enumerate(facts):
        if count >= LINES:
            raise ValueError(f"more than {LINES} facts")
        yield fact


def fields(line: str, least: int) -> list[str]:
    """The fields between tabs; ValueError when there are fewer than ``least``."""
    found = line.split("\t")
    if len(found) < least:
        raise ValueError(f"{len(found)} fields, not {least}: {line[:80]}")
    return found


def whole(text: str) -> int:
    """A whole number within 63 bits."""
    text = text.strip()
    if not text.lstrip("-").isdecimal() or not text.isascii() or len(text) > 19:
        raise ValueError(f"not a number: {text[:40]}")
    return int(text)


def whole_or_none(text: str) -> int | None:
    try:
        return whole(text)
    except ValueError:
        return None


def at_epoch(seconds: float) -> datetime:
    """The UTC time of seconds since 1970."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        raise ValueError(f"not a time: {seconds}") from None
