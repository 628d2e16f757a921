"""What Nova did, and what was said of it beforehand: where the two differ.

In the lab a host and its node have one name.
"""

from __future__ import annotations

from collections.abc import Iterator

from mitate.model.errors import CannotStart
from mitate.model.placement import Explanation, HostAnswer, Stage, StageLeft, Verdict
from tests.oracle.nova.ask import Truth
from tests.oracle.nova.log import Filtered

_BEFORE = (Stage.REQUEST, Stage.PLACEMENT)


def disagreements(truth: Truth, said: Explanation | CannotStart) -> list[str]:
    """One clause each; empty when they agree. What is left open (UNKNOWN) is no disagreement."""
    if isinstance(said, CannotStart):
        return [] if truth.refused else [f"it could not be asked about ({said}), and it {_did(truth)}"]
    wrong = _verdict(truth, said)
    if wrong or truth.log.candidates is None:
        return wrong
    return [*_candidates(truth, said), *_filters(truth, said), *_final(truth, said)]


def _verdict(truth: Truth, said: Explanation) -> list[str]:
    if said.verdict is Verdict.UNKNOWN:
        return []
    if truth.fits is not (said.verdict is Verdict.FITS):
        return [f"said {said.verdict} ({said.stage}: {said.says}), and it {_did(truth)}"]
    if said.stage != truth.stage and not truth.fits:
        return [f"said to die at stage {said.stage} ({said.says}), and it {_did(truth)}"]
    return []


def _did(truth: Truth) -> str:
    if truth.fits:
        return "found a host"
    return f"died at stage {truth.stage}: {truth.refused or truth.fault or 'no words'}"


def _names(hosts: frozenset[str]) -> str:
    return ", ".join(sorted(hosts)) or "nobody"


def _differ(where: str, said: set[str], perhaps: set[str], real: frozenset[str]) -> list[str]:
    """perhaps: those of whom nothing is claimed."""
    if said - perhaps <= real <= said | perhaps:
        return []
    return [f"after {where} remain {_names(real)}; said: {_names(frozenset(said))}"]


def _candidates(truth: Truth, said: Explanation) -> list[str]:
    """The hosts that Placement left."""
    assert truth.log.candidates is not None
    hosts = {each.host for each in said.hosts if each.stage not in _BEFORE}
    return _differ("Placement", hosts, _open(said, Stage.PLACEMENT), truth.log.candidates)


def _open(said: Explanation, stage: Stage) -> set[str]:
    return {each.host for each in said.hosts if each.unknown and each.stage in (None, stage)}


def _filters(truth: Truth, said: Explanation) -> list[str]:
    """Each filter that Nova ran, in its order: how many it left, and which, where Nova wrote it."""
    told = {each.name: each for each in said.waterfall if each.stage is Stage.FILTERS}
    order = [each.name for each in said.waterfall if each.stage is Stage.FILTERS]
    ran = [each.name for each in truth.log.filters]
    if ran and order[: len(ran)] != ran:
        return [f"Nova ran {', '.join(ran)}; said: {', '.join(order)}"]
    wrong: list[str] = []
    for number, real in enumerate(truth.log.filters):
        wrong += _one(real, told[real.name], said, frozenset(order[: number + 1]))
    return wrong


def _one(real: Filtered, told: StageLeft, said: Explanation, so_far: frozenset[str]) -> list[str]:
    if not told.left - told.unknown <= real.left <= told.left:
        return [f"{real.name} leaves {real.left}; said: {told.left} (of them open: {told.unknown})"]
    if real.hosts is None:
        return []
    hosts = {each.host for each in said.hosts if _left(each, so_far)}
    return _differ(real.name, hosts, _open(said, Stage.FILTERS), real.hosts)


def _left(answer: HostAnswer, so_far: frozenset[str]) -> bool:
    """Whether a host remains after these filters."""
    return answer.stage not in _BEFORE and answer.rejected_by not in so_far


def _final(truth: Truth, said: Explanation) -> list[str]:
    if truth.log.final is None:
        return []
    takers = {each.host for each in said.hosts if not each.rejected_by or each.stage is Stage.CLAIM}
    return _differ("all filters", takers, _open(said, Stage.FILTERS), truth.log.final)


def counts(
    truth: Truth, said: Explanation | CannotStart, *later: Explanation | CannotStart
) -> Iterator[tuple[str, str]]:
    """(heading, what) of one request that is to be counted."""
    yield "verdict of Nova", "found a host" if truth.fits else "no host"
    yield "verdict said", _verdict_in_words(said)
    yield from (("verdict said of the server in ERROR", _verdict_in_words(each)) for each in later)
    if truth.stage:
        yield "stage it died at", str(truth.stage)
    before = len(truth.log.candidates or ())
    for each in truth.log.filters:
        if each.left < before:
            yield "filter that removed hosts", each.name
        before = each.left


def _verdict_in_words(said: Explanation | CannotStart) -> str:
    return "not to be asked" if isinstance(said, CannotStart) else str(said.verdict)
