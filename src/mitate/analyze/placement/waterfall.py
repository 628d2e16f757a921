"""How many hosts remain after each thing that is asked, in Nova's order."""

from __future__ import annotations

from collections.abc import Mapping

from mitate.analyze.placement.answers import Refusal
from mitate.analyze.placement.judge import CANDIDATE, CELL, CLAIMS, NODE, Judgement
from mitate.analyze.placement.request import Ask
from mitate.model.placement import Stage, StageLeft

REQUEST = "request"


def waterfall(judgement: Judgement, nova_left: Mapping[str, int], ask: Ask) -> tuple[StageLeft, ...]:
    """nova_left: by filter, what Nova's own log says. What Placement and the scheduler do unasked is
    only told where it costs hosts."""
    left = list(range(len(judgement.hosts)))
    unsure: set[int] = set()
    found = [StageLeft(Stage.PLACEMENT, "hosts", len(left))]
    if ask.refused:
        return (*found, StageLeft(ask.stage, REQUEST, 0, says=ask.refused))
    for at, step in enumerate(judgement.steps):
        before = len(left)
        answers = {each: judgement.hosts[each].steps[at] for each in left}
        left = [each for each in left if not isinstance(answers[each], Refusal)]
        unsure |= {each for each in left if answers[each]}
        if len(left) == before and step.name in {CANDIDATE, NODE, CELL, *CLAIMS}:
            continue
        said = step.constraint.origin if step.constraint else ""
        if said == step.name:
            said = ""
        found.append(
            StageLeft(
                step.stage, step.name, len(left), len(unsure & set(left)), nova_left.get(step.name), said
            )
        )
    return tuple(found)
