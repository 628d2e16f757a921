"""What took so long that whoever waited for it has noticed, whatever is usual there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mitate.analyze.logs.draft import Draft
from mitate.analyze.logs.origin import by_logger, by_route
from mitate.analyze.logs.profile import Profile
from mitate.analyze.logs.spans import own_times
from mitate.model.log_answer import Kind

LONG_S = 15.0
"""A quarter of the minute after which a client of an API gives up (haproxy, oslo.messaging: 60 s)."""
_BULKY = re.compile(r"/(?:file|stage|import|data|action)$")
"""Routes whose answer takes as long as what they carry."""


UPDATE_S = 15.0
_UPDATED = re.compile(r"^Finished a router update")
"""The L3 agent itself tells how long it was at a router; a second or two is usual."""
REBOOT_S = 25.0
_REBOOTING, _REBOOTED = "Rebooting instance", "Instance rebooted successfully."
"""A hard one, which waits for no guest."""


def long_work(profile: Profile) -> Iterator[Draft]:
    """Answers of APIs, updates of routers, hard reboots."""
    yield from _answers(profile)
    for key, seen in sorted(profile.plain.items()):
        if _UPDATED.search(key.template) and max(seen.took, default=0.0) >= UPDATE_S:
            says = f"an update of a router took {max(seen.took):.0f} s"
            draft = _draft(says, key.service, seen.project, [seen.last or 0.0], [])
            draft.origin = by_logger(key.logger)
            yield draft
    yield from _reboots(profile)


def _reboots(profile: Profile) -> Iterator[Draft]:
    long = []
    for server, steps in profile.steps.items():
        begun = 0.0
        for step in sorted(steps, key=lambda step: step.at) if not server.startswith("req-") else ():
            if step.key.template == _REBOOTING:
                begun = step.at
            elif step.key.template == _REBOOTED and begun and step.at - begun >= REBOOT_S:
                long.append((step.at - begun, server, step))
    if long:
        seconds, _, step = max(long)
        says = f"a hard reboot took {seconds:.0f} s"
        draft = _draft(says, step.key.service, "nova", [at.at for _, _, at in long], [s for _, s, _ in long])
        draft.origin = by_logger(step.key.logger)
        yield draft


def _draft(says: str, service: str, project: str, times: list[float], resources: list[str]) -> Draft:
    return Draft(
        kind=Kind.SLOWER,
        level="",
        template=says,
        service=service,
        project=project,
        hosts=[],
        count=len(times),
        times=sorted(times),
        ids=set(resources),
        resources=resources[:20],
        first=min(times),
        last=max(times),
        why="it usually takes seconds",
    )


def _answers(profile: Profile) -> Iterator[Draft]:
    """One for each route of a service. What it waited for another API does not count."""
    for (service, route), owns in sorted(own_times(profile.answers).items()):
        long = [own for own in owns if own.seconds >= LONG_S and own.answer.status < 500]
        if not long or _BULKY.search(route):
            continue
        worst = max(long, key=lambda own: own.seconds)
        yield Draft(
            kind=Kind.SLOWER,
            level="",
            template=f"{route}: {worst.seconds:.1f} s until it was answered",
            service=service,
            project=worst.answer.project,
            hosts=list(dict.fromkeys(own.answer.host for own in long if own.answer.host)),
            count=len(long),
            times=sorted(own.answer.at for own in long),
            ids={each for own in long for each in (own.answer.request, own.answer.global_request) if each},
            requests=list(dict.fromkeys(own.answer.request for own in long if own.answer.request))[:20],
            origin=by_route(worst.answer.project, route),
            route=route,
            users=sum(1 for own in long if own.answer.user),
            first=min(own.begins for own in long),
            last=max(own.answer.at for own in long),
            why="clients of an API give up after a minute or less",
        )
