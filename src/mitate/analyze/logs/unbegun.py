"""What Nova's API accepted and no compute host began, or only after a long time, and nobody complained."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from mitate.analyze.logs.draft import Draft
from mitate.analyze.logs.long import LONG_S
from mitate.analyze.logs.origin import by_logger
from mitate.analyze.logs.profile import Answered, Profile, Step
from mitate.analyze.logs.spans import elsewhere
from mitate.model.log_answer import Kind
from mitate.model.logs import Frame

BEGINS_S = 30.0
"""How long a compute host may take to begin it."""
COMPUTE = "nova-compute"
HANDS_OVER = Frame("nova/conductor/manager.py", "", 0)
"""Where a build is given to the host that was chosen, which no line tells below DEBUG."""
_BUILDS = re.compile(r"^POST /v2(?:\.1)?/(?:\*/)?servers$")
_DELETES = re.compile(r"^DELETE /v2(?:\.1)?/(?:\*/)?servers/\*$")
_DELETING = re.compile(r"^Terminating instance")

Lost = tuple[str, Answered, Step]
"""Id of the request or server, what accepted it, and the last that was written about it."""


def unbegun(profile: Profile) -> Iterator[Draft]:
    """Of builds and of deletions one each. Nothing where no compute host's log is there to see."""
    if not any(service == COMPUTE for service, _ in profile.services):
        return
    if builds := list(_builds(profile)):
        yield _draft("a server was to be built, and no host began to", builds, profile)
    if late := list(_late(profile)):
        yield _late_draft(late)
    if deletions := list(_deletions(profile)):
        yield _draft("a server was to be deleted, and its host did not begin to", deletions, profile)


def _accepted(profile: Profile, route: re.Pattern[str]) -> Iterator[Answered]:
    end = profile.last or 0.0
    for answer in profile.answers:
        if route.search(answer.route) and 200 <= answer.status < 300 and end - answer.at >= BEGINS_S:
            yield answer


def _builds(profile: Profile) -> Iterator[Lost]:
    failed = {request for seen in profile.trouble.values() for request in seen.requests}
    for answer in _accepted(profile, _BUILDS):
        steps = profile.steps.get(answer.request, ()) if answer.request not in failed else ()
        if steps and not any(step.key.service == COMPUTE for step in steps):
            yield answer.request, answer, max(steps, key=_at)


def _late(profile: Profile) -> Iterator[tuple[float, Answered, Step]]:
    """Builds that waited, without what an API took to answer meanwhile: seconds, accepted, begun."""
    ordered = sorted(profile.answers, key=_at)
    for answer in _accepted(profile, _BUILDS):
        steps = [step for step in profile.steps.get(answer.request, ()) if step.key.service == COMPUTE]
        begun = min(steps, key=_at, default=None)
        if begun is None or begun.at - answer.at < LONG_S:
            continue
        meanwhile = ordered[
            bisect_right(ordered, answer.at, key=_at) : bisect_right(ordered, begun.at, key=_at)
        ]
        # uwsgi tells whole seconds
        waited = replace(answer, at=begun.at, seconds=begun.at - answer.at + 1.2, project="")
        own = begun.at - answer.at - elsewhere(waited, meanwhile)
        if own >= LONG_S:
            yield own, answer, begun


def _deletions(profile: Profile) -> Iterator[Lost]:
    """A server that never came to a host is deleted by the API itself."""
    known = set()
    for answer in _accepted(profile, _DELETES):
        server = answer.path.rpartition("/")[2]
        there = [step for step in profile.steps.get(server, ()) if step.key.service == COMPUTE]
        begun = any(_DELETING.search(step.key.template) and step.at >= answer.at - BEGINS_S for step in there)
        if there and not begun and server not in known:
            known.add(server)
            yield server, answer, max(there, key=_at)


def _at(it: Step | Answered) -> float:
    return it.at


def _late_draft(late: Sequence[tuple[float, Answered, Step]]) -> Draft:
    seconds = max(own for own, _, _ in late)
    requests = list(dict.fromkeys(answer.request for _, answer, _ in late))
    return Draft(
        kind=Kind.SLOWER,
        level="",
        template=f"a build waited {seconds:.0f} s for a host to begin it",
        service="nova-conductor",
        project="nova",
        hosts=[],
        count=len(late),
        times=sorted(step.at for _, _, step in late),
        ids=set(requests),
        requests=requests[:20],
        origin=HANDS_OVER,
        users=len(late),
        first=min(answer.at for _, answer, _ in late),
        last=max(step.at for _, _, step in late),
        why="no API took that long: it lay between nova-api, nova-conductor and nova-scheduler",
    )


def _draft(says: str, lost: Sequence[Lost], profile: Profile) -> Draft:
    _, accepted, latest = lost[0]
    waited = (profile.last or 0.0) - accepted.at
    return Draft(
        kind=Kind.STUCK,
        level="",
        template=says,
        service=latest.key.service,
        project="nova",
        hosts=[],
        count=len(lost),
        times=sorted(answer.at for _, answer, _ in lost),
        ids={each for each, _, _ in lost},
        requests=list(dict.fromkeys(answer.request for _, answer, _ in lost if answer.request))[:20],
        resources=[each for each, _, _ in lost if not each.startswith("req-")][:20],
        origin=by_logger(latest.key.logger) or HANDS_OVER,
        users=len(lost),
        first=min(answer.at for _, answer, _ in lost),
        last=max(answer.at for _, answer, _ in lost),
        why=f"{accepted.service} accepted it, and nothing of it followed for {waited:.0f} s",
    )
