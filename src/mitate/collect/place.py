"""A place that can be asked: the OpenStack API, or a host; live, or out of a recording."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from mitate.collect.question import Answer, Question
from mitate.model.errors import CannotSee


class Place(Protocol):
    """name: ``API``, or the host as the cloud calls it."""

    @property
    def name(self) -> str: ...

    async def ask(self, questions: Sequence[Question]) -> Mapping[str, Answer | CannotSee]:
        """Ask all at once, in one connection; every question gets an answer or the reason why there is none.

        A place that cannot be reached at all gives the same ``CannotSee`` to every question. Only questions
        that are registered are sent; another raises ``PermissionError`` before anything leaves.
        """
        ...
