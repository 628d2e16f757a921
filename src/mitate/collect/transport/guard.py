"""The read-only guard: what is not a registered question cannot be sent."""

from __future__ import annotations

from mitate.collect.question import Question, all_sources


def permit(question: Question) -> None:
    """Raise PermissionError unless ``collect/sources`` registers that very value, script and all.

    One with slots must be the registered one with all of them filled, each with a value of its kind.
    """
    registered = all_sources().get(question.name)
    if registered is None or _ready(registered.question, question.given) != question:
        raise PermissionError(f"{question.name!r} is no registered question: it was not sent")


def _ready(registered: Question, given: tuple[tuple[str, str], ...]) -> Question | None:
    if not registered.slots:
        return registered
    try:
        return registered.filled(**dict(given))
    except (ValueError, TypeError):
        return None
