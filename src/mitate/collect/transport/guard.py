"""The read-only guard: what is not a registered question cannot be sent."""

from __future__ import annotations

from mitate.collect.question import Question, all_sources


def permit(question: Question) -> None:
    """Raise PermissionError unless ``collect/sources`` registers that very value, script and all."""
    registered = all_sources().get(question.name)
    if registered is None or registered.question != question:
        raise PermissionError(f"{question.name!r} is no registered question: it was not sent")
