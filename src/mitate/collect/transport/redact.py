"""The second pass of redaction, on this side, for everything that arrives."""

from __future__ import annotations

from collections.abc import Callable

from mitate.collect.question import Question


def redact(text: str) -> str:
    return text


def redact_for(question: Question) -> Callable[[str], str]:
    return redact
