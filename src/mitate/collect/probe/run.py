"""Carry out a plan: every host listens first, then one packet a second, then some seconds of silence."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import TypeVar

from mitate.collect.probe.end import End
from mitate.collect.probe.plan import SPACING_S, How, Plan
from mitate.collect.probe.words import shot_in_words
from mitate.collect.transport.local import LocalPlace
from mitate.collect.transport.ssh import SshPlace
from mitate.model.trace import At, Live, Sighting

T = TypeVar("T")
LOOK_S = 0.25


async def run_probe(plan: Plan, places: Sequence[SshPlace | LocalPlace]) -> Live:
    """What was sent and seen. places: those of the plan's hosts are used, by their names.

    ``says`` tells in plain words what could not be sent or listened to: a host that could not be reached, a
    namespace that is not there, a kernel that names no drops. Nothing is concluded here.
    """
    by_name = {place.name: place for place in places}
    ends = {host: End(plan, host, by_name.get(host)) for host in plan.watch}
    async with AsyncExitStack() as stack:
        await asyncio.gather(*(end.arm(stack) for end in ends.values()))
        await asyncio.gather(*(end.begin() for end in ends.values()))
        sent = await _send(plan, ends)
        await _listen(plan, sent, ends)
        await asyncio.gather(*(end.finish() for end in ends.values()))
    sightings = _in_order(seen for end in ends.values() for seen in end.sightings())
    drops = _in_order(drop for end in ends.values() for drop in end.drops())
    return Live(
        sent=tuple(shot_in_words(plan.shots[at], times) for at, times in sorted(sent.items())),
        sightings=sightings,
        drops=drops,
        answered=_answered(plan, sent, sightings),
        says=tuple(word for end in ends.values() for word in end.troubles()),
    )


async def _listen(plan: Plan, sent: Counter[int], ends: Mapping[str, End]) -> None:
    """Until the seconds of the plan are over, or every shot has its answer: then nothing more is to come. Who
    overhears waits."""
    until = time.monotonic() + (plan.seconds if sent or plan.overhear else 0)
    while time.monotonic() < until:
        await asyncio.sleep(min(LOOK_S, max(0.0, until - time.monotonic())))
        seen = [sighting for end in ends.values() for _, sighting in end.sightings()]
        if (
            sent
            and not plan.overhear
            and all(any(_answers(plan, at, each) for each in seen) for at in range(len(plan.shots)))
        ):
            return


def _answers(plan: Plan, at: int, seen: Sighting) -> bool:
    shot = plan.shots[at]
    if shot.proto != "arp":
        return seen.probe == at and came_home(plan, seen)
    asked = At(shot.host, shot.namespace, shot.device)
    return seen.kind == "arp-reply" and seen.way == "in" and seen.at == asked and seen.src == shot.dst


def _in_order(timed: Iterable[tuple[int, T]]) -> tuple[T, ...]:
    return tuple(what for _, what in sorted(timed, key=lambda pair: pair[0]))


async def _send(plan: Plan, ends: Mapping[str, End]) -> Counter[int]:
    """How many packets of each shot left. The next one waits a second after the last one has left."""
    sent: Counter[int] = Counter()
    for at, shot in enumerate(plan.shots):
        for number in range(shot.times):
            if await ends[shot.host].fire(at, number):
                sent[at] += 1
                await asyncio.sleep(SPACING_S)
    return sent


def _answered(plan: Plan, sent: Counter[int], sightings: Sequence[Sighting]) -> bool | None:
    """Every packet that was asked about was answered where it came from; None when none was sent."""
    asked = [at for at in sent if not plan.shots[at].extra and plan.shots[at].proto != "arp"]
    if not asked:
        return None
    return all(any(came_home(plan, seen) for seen in sightings if seen.probe == at) for at in asked)


def came_home(plan: Plan, seen: Sighting) -> bool:
    """It is the answer, at the place from which its request was sent."""
    shot = plan.shots[seen.probe]
    injected = shot.how is How.INJECT
    there = (seen.at.host, seen.at.namespace) == (shot.host, shot.namespace)
    return (
        seen.reply
        and there
        and not seen.tunnel
        and seen.way == ("out" if injected else "in")
        and (seen.at.device == shot.device or not injected)
        and (injected or seen.dst == shot.src)
    )
