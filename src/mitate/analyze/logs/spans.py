"""How long things took: answers without what they waited for others, and from one line to the next."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import msgspec

from mitate.analyze.logs.profile import Answered, Key, Profile, Step

NEXT = 40
"""Answers looked at beside each: of one that took long, what others answered meanwhile."""


class Own(msgspec.Struct, frozen=True):
    """An answer, and the seconds of it in which no other service was answering."""

    answer: Answered
    seconds: float

    @property
    def begins(self) -> float:
        return self.answer.at - self.answer.seconds


class Gap(msgspec.Struct, frozen=True):
    """Seconds from one template to the next one of the same request or resource."""

    id: str
    before: Step
    after: Step

    @property
    def seconds(self) -> float:
        return self.after.at - self.before.at


def own_times(answers: Sequence[Answered]) -> dict[tuple[str, str], list[Own]]:
    """By service and route. What several services did at once counts for each of them."""
    ordered = sorted(answers, key=lambda answer: answer.at)
    found: dict[tuple[str, str], list[Own]] = defaultdict(list)
    for index, answer in enumerate(ordered):
        own = answer.seconds
        if own >= 0.5:
            own -= elsewhere(answer, ordered[max(0, index - NEXT) : index])
        found[answer.service, answer.route].append(Own(answer, max(0.0, own)))
    return found


def elsewhere(answer: Answered, earlier: Sequence[Answered]) -> float:
    """Seconds within which some other project answered something that lies wholly inside."""
    begins = answer.at - answer.seconds - 0.1
    spans = sorted(
        (max(begins, each.at - each.seconds), each.at)
        for each in earlier
        if each.project != answer.project
        and each.at - each.seconds >= begins - 0.3
        and each.seconds < answer.seconds
    )
    covered, end = 0.0, begins
    for start, stop in spans:
        if stop > end:
            covered += stop - max(start, end)
            end = stop
    return covered


def gaps(steps: Mapping[str, Sequence[Step]]) -> dict[tuple[Key, Key], list[Gap]]:
    """By the two templates, of one service each."""
    found: dict[tuple[Key, Key], list[Gap]] = defaultdict(list)
    for each, of_id in steps.items():
        by_service: dict[str, Step] = {}
        for step in sorted(of_id, key=lambda step: step.at):
            service = step.key.service
            before = by_service.get(service)
            if before is not None and before.key != step.key and not _user_between(before, step):
                found[before.key, step.key].append(Gap(each, before, step))
            by_service[service] = step
    return found


def _user_between(before: Step, after: Step) -> bool:
    """Whether the second was done for another request: how long a user waited in between says nothing."""
    return bool(after.request) and after.request != before.request


def sequences(profile: Profile) -> dict[str, list[Step]]:
    return {each: sorted(steps, key=lambda step: step.at) for each, steps in profile.steps.items()}
