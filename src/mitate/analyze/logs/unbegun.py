"""What an API accepted and nobody began, or only after a long time, without a word of complaint: builds and
deletions of servers, floating IPs."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache

from msgspec.structs import replace

from mitate.analyze.logs.draft import Draft
from mitate.analyze.logs.long import LONG_S
from mitate.analyze.logs.origin import by_logger
from mitate.analyze.logs.profile import TROUBLE, Answered, Profile, Step
from mitate.analyze.logs.spans import elsewhere
from mitate.model.log_answer import Kind
from mitate.model.logs import Frame

BEGINS_S = 30.0
"""How long a compute host may take to begin it."""
COMPUTE = "nova-compute"
HANDS_OVER = Frame("nova/conductor/manager.py", "", 0)
"""Where a build is given to the host that was chosen, which no line tells below DEBUG."""
ROUTING = "neutron-l3-agent"
POLLS, POLLED_S = 8, 20.0
"""So often and so long somebody asks again and again what became of it."""
_FLOATING = re.compile(r"^GET /v2\.0/floatingips/\*$")
_ROUTES = re.compile(r"^Starting (?:a )?router update")
_BUILDS = re.compile(r"^POST /v2(?:\.1)?/(?:\*/)?servers$")
_DELETES = re.compile(r"^DELETE /v2(?:\.1)?/(?:\*/)?servers/\*$")
_PLUGGED = cache(re.compile(r"^Nova event .*network-vif-plugged").search)
_DELETING = re.compile(r"^Terminating instance")

Lost = tuple[str, Answered, Step]
"""Id of the request or server, what accepted it, and the last that was written about it."""


def unbegun(profile: Profile) -> Iterator[Draft]:
    """Of each kind of work one. Nothing where no log of who should have begun is there to see."""
    seen = {service for service, _ in profile.services}
    if ROUTING in seen and (waited := _floating(profile)):
        yield _floating_draft(waited)
    if COMPUTE not in seen:
        return
    if _sees_every_host(profile) and (builds := list(_builds(profile))):
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


def _sees_every_host(profile: Profile) -> bool:
    """False when Neutron plugged a server that no compute host's log here knows of: one is missing."""
    known: dict[Step, bool] = {}  # such a line names the server and a request
    for steps in profile.steps.values():
        here = any(step.key.service == COMPUTE for step in steps)
        for step in steps:
            if _PLUGGED(step.key.template):
                known[step] = known.get(step, False) or here
    return all(known.values())


def _builds(profile: Profile) -> Iterator[Lost]:
    for answer in _accepted(profile, _BUILDS):
        steps = profile.steps.get(answer.request, ())
        if steps and not any(step.key.service == COMPUTE or step.key.level in TROUBLE for step in steps):
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


def _floating(profile: Profile) -> list[Sequence[Answered]]:
    """The questions about each floating IP for which somebody waited while no L3 agent did anything."""
    asked: dict[str, list[Answered]] = defaultdict(list)
    for answer in profile.answers:
        if _FLOATING.search(answer.route) and answer.status == 200:
            asked[answer.path].append(answer)
    polled = [
        sorted(answers, key=_at)
        for answers in asked.values()
        if len(answers) >= POLLS and max(map(_at, answers)) - min(map(_at, answers)) >= POLLED_S
    ]
    if not polled:
        return []
    updates = sorted(
        step.at
        for steps in profile.steps.values()
        for step in steps
        if step.key.service == ROUTING and _ROUTES.search(step.key.template)
    )
    return [
        answers
        for answers in polled
        if bisect_left(updates, answers[0].at - POLLED_S / 4) == bisect_right(updates, answers[-1].at)
    ]


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


def _floating_draft(waited: Sequence[Sequence[Answered]]) -> Draft:
    one = waited[0]
    ids = [answers[0].path.rpartition("/")[2] for answers in waited]
    return Draft(
        kind=Kind.STUCK,
        level="",
        template="a floating IP was waited for, and no L3 agent began to update its router",
        service=ROUTING,
        project="neutron",
        hosts=[],
        count=len(waited),
        times=sorted(answers[0].at for answers in waited),
        ids=set(ids),
        resources=ids[:20],
        origin=Frame("neutron/agent/l3/agent.py", "", 0),
        users=len(waited),
        first=min(answers[0].at for answers in waited),
        last=max(answers[-1].at for answers in waited),
        why=f"{one[0].service} was asked {len(one)} times what became of it",
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
