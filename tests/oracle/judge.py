"""What the packets say, in the words of a prediction."""

from __future__ import annotations

from mitate.model.trace import Verdict
from tests.oracle.build import at
from tests.oracle.frames import REPLY, REQUEST
from tests.oracle.plan import Plan
from tests.oracle.wire import Truth

BOTH_WAYS, OTHER, LOST, REPLY_LOST, TOLD = "both ways", "answered by another", "lost", "reply lost", "told"


def fate(plan: Plan, truth: Truth) -> str:
    """Of one probe. TOLD: too big, and its sender (of the request or of the reply) knows."""
    meant = at(*plan.asked.to)
    there = bool(truth.taken) and truth.taken[0] == meant
    if truth.answered:
        return BOTH_WAYS if there else OTHER
    dead = REPLY if there else REQUEST
    if truth.local or any(what == dead and (kind, code) == (3, 4) for what, kind, code, _ in truth.told):
        return TOLD
    return REPLY_LOST if there else LOST


def verdict(plan: Plan, truths: list[Truth]) -> Verdict:
    """As ``mitate trace`` would say it, the smallest probe first."""
    first, *larger = (fate(plan, truth) for truth in truths)
    if first == BOTH_WAYS:
        silent = any(each in (LOST, REPLY_LOST) for each in larger)
        return Verdict.REACHABLE_SMALL_ONLY if silent else Verdict.REACHABLE
    if first == OTHER:
        return Verdict.ANSWERED_BY_WRONG_NODE
    there = bool(truths[0].taken) and truths[0].taken[0] == at(*plan.asked.to)
    return Verdict.UNREACHABLE_RETURN if there else Verdict.UNREACHABLE_FORWARD


def path_mtu(plan: Plan, truths: list[Truth]) -> int | None:
    """The largest size sent that came there and home."""
    return max((truth.size for truth in truths if fate(plan, truth) == BOTH_WAYS), default=None)
