"""For the samples in the docstrings of sources: what an answer told, in lines."""

from __future__ import annotations

from datetime import UTC, datetime

from mitate.collect.question import Answer, SourceOfFacts


def answer(source: SourceOfFacts, text: str, host: str = "compute1", given: str = "") -> Answer:
    """An answer to the question of a source, asked at 2026-11-22 15:30 UTC. given: what its slots held."""
    return Answer(
        question=f"{source.question.name}:{given}" if given else source.question.name,
        host=host,
        asked=source.question.name,
        at=datetime(2026, 11, 22, 15, 30, tzinfo=UTC),
        text=text,
    )


def told(source: SourceOfFacts, text: str, host: str = "compute1", given: str = "") -> None:
    """Print the facts that an answer tells, one a line."""
    for fact in source.parse(answer(source, text, host, given)):
        known = [(name, getattr(fact, name)) for name in fact.__struct_fields__ if name != "source"]
        said = (f"{name}={value}" for name, value in known if value is not None and value not in ("", ()))
        print(type(fact).__name__, *said)  # noqa: T201 - only doctests call it
