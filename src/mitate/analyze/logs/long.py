"""Answers that took so long that whoever waited for them has noticed, whatever is usual there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mitate.analyze.logs.draft import Draft
from mitate.analyze.logs.origin import by_route
from mitate.analyze.logs.profile import Profile
from mitate.analyze.logs.spans import own_times
from mitate.model.log_answer import Kind

LONG_S = 15.0
"""A quarter of the minute after which a client of an API gives up (haproxy, oslo.messaging: 60 s)."""
_BULKY = re.compile(r"/(?:file|stage|import|data|action)$")
"""Routes whose answer takes as long as what they carry."""


def long_answers(profile: Profile) -> Iterator[Draft]:
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
