"""One host's output into answers, as it comes: what is shared by ssh and this machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from mitate.collect.question import Answer, HostQuestion, Question
from mitate.collect.transport.guard import permit
from mitate.collect.transport.redact import redact_for
from mitate.collect.transport.script import Frame, Frames, Script, unanswered
from mitate.model.errors import CannotSee

CHUNK = 65536


def permitted(questions: Sequence[Question]) -> list[HostQuestion]:
    """The questions, if every one of them may be sent to a host. Raises PermissionError."""
    for question in questions:
        permit(question)
        if not isinstance(question, HostQuestion):
            raise PermissionError(f"{question.name!r} is no question to a host: it was not sent")
    return [question for question in questions if isinstance(question, HostQuestion)]


class Listener:
    """host: what the answers say they come from. clock: seconds since the epoch."""

    def __init__(self, host: str, script: Script, clock: Callable[[], float] = time.time) -> None:
        self._host = host
        self.script = script
        self._clock = clock
        self._frames = Frames(script)
        self._questions = {q.called: q for q in script.questions}
        self._told: dict[str, Answer | CannotSee] = {}
        self._heard = 0

    @property
    def hostname(self) -> str:
        """What the host calls itself; "" as long as it said nothing."""
        return self._frames.greeting.hostname if self._frames.greeting else ""

    @property
    def complete(self) -> bool:
        return self._frames.complete

    @property
    def too_much(self) -> bool:
        """It said more than an honest host can."""
        return self._heard > self.script.max_bytes

    def hear(self, data: bytes) -> None:
        self._heard += len(data)
        for frame in self._frames.feed(data, self._clock()):
            question = self._questions[frame.name]
            self._told[frame.name] = unanswered(frame, question.timeout_s) or self._answer(frame, question)

    def answers(self, otherwise: CannotSee) -> dict[str, Answer | CannotSee]:
        """Every question with its answer, or why there is none; ``otherwise`` is for what never came."""
        return {
            q.called: self._told.get(q.called) or self._silent(q, otherwise) for q in self.script.questions
        }

    def _silent(self, question: HostQuestion, otherwise: CannotSee) -> CannotSee:
        if question.called in self._frames.given_up:
            return CannotSee(
                f"no answer within {question.timeout_s} s, and not even SIGKILL ended it (state D?)", "hung"
            )
        return otherwise

    def _answer(self, frame: Frame, question: HostQuestion) -> Answer:
        greeting = self._frames.greeting
        began = greeting.at if question.slow and greeting else frame.began
        text = frame.text[: question.limit].decode(errors="replace")
        return Answer(
            question=question.called,
            host=self._host,
            asked=question.asked,
            at=datetime.fromtimestamp(began, UTC),
            text=redact_for(question)(text),
            took_s=round(max(0.0, frame.ended - began), 3),
            cut=len(frame.text) > question.limit,
        )
