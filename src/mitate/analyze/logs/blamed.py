"""Services that errors name and whose own logs show nothing: told all the same, before their callers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mitate.analyze.logs.callee import Callee
from mitate.analyze.logs.draft import Draft
from mitate.analyze.logs.origin import by_logger, by_route
from mitate.analyze.logs.profile import Profile, Step
from mitate.model.log_answer import Kind, Outcome

_NO_HOST = "No valid host"
EMPTY = 120
"""Bytes of an answer without any candidate: two empty members."""
MEANWHILE_S = 20.0
_PLUGGED = re.compile(r"^Nova event .*network-vif-plugged.*completed")
"""neutron/notifiers/nova.py, when Nova has answered it."""
CANDIDATES = "GET /allocation_candidates"
_ROUTES = {"empty": CANDIDATES, "port": "POST /v2.0/ports"}
_SAYS = {
    "http": "{who} {what}, and its own logs do not tell why",
    "rpc": "{who} did not answer, and its own logs do not tell why",
    "event": "{who} did not wire the port, and its own logs do not tell why",
    "port": "{who} did not answer the question for a port, and its own logs do not tell why",
    "empty": "{who} found no allocation candidate: its answer was an empty list",
    "database": "the database was not there for it",
    "broker": "the message broker was not there for it",
    "libvirt": "libvirt was not there for it",
}


def blamed(drafts: Sequence[Draft], profile: Profile) -> Iterator[Draft]:
    """One for each service that is named and has no trouble of its own; the errors become its echoes."""
    made: dict[tuple[str, str, str, int], Draft] = {}
    for draft in drafts:
        asked = draft.asked = _nobody_fits(draft, profile) or draft.asked
        if (
            asked is None
            or draft.echo_of is not None
            or draft.outcome is not Outcome.FAILED
            or not asked.project
        ):
            continue
        if asked.project == draft.project and not (asked.service and asked.service != draft.service):
            continue
        if asked.unreached and _answered_others(asked.project, draft, profile):
            draft.asked = None
            draft.why = f"{asked.project} answered others meanwhile: the address or the way to it is wrong"
            continue
        if asked.how == "event" and _was_told(draft, profile):
            draft.asked = None
            draft.why = f"{asked.project} had told it that the port was wired"
            continue
        key = (asked.project, asked.service, asked.how, asked.status)
        blame = made.get(key)
        if blame is None:
            blame = made[key] = _draft(draft, profile)
            yield blame
        draft.echo_of = blame
        draft.why = draft.why or "its words name the service that it asked"
        blame.ids |= draft.ids
        blame.users += draft.users
        blame.count = max(blame.count, draft.count)


def _answered_others(project: str, draft: Draft, profile: Profile) -> bool:
    """Whether whoever could not be reached was there: it answered just before and just after."""
    at = [answer.at for answer in profile.answers if answer.project == project]
    return bool(draft.times) and all(
        any(-MEANWHILE_S < each - time <= 0 for each in at)
        and any(0 <= each - time < MEANWHILE_S for each in at)
        for time in draft.times[:5]
    )


def _was_told(draft: Draft, profile: Profile) -> bool:
    """Whether Neutron's log has the event that Nova waited for in vain, and that Nova took it."""
    begun = [step.at for request in draft.requests for step in profile.steps.get(request, ())]
    if not begun or draft.first is None:
        return False
    return any(
        _PLUGGED.search(step.key.template) and min(begun) <= step.at <= draft.first
        for server in draft.resources
        for step in profile.steps.get(server, ())
    )


def _nobody_fits(draft: Draft, profile: Profile) -> Callee | None:
    """Placement, where "no valid host" is only what its empty answer looks like from Nova."""
    if draft.project != "nova" or not any(_NO_HOST in event.message for event in draft.events[:1]):
        return None
    for answer in profile.answers:
        if (
            answer.route == CANDIDATES
            and answer.size is not None
            and answer.size <= EMPTY
            and answer.status == 200
            and {answer.request, answer.global_request} & draft.ids - {""}
        ):
            return Callee("placement", "empty", answer.service)
    return None


def _draft(draft: Draft, profile: Profile) -> Draft:
    asked = draft.asked
    assert asked is not None
    latest = _latest(asked.project, asked.service, draft, profile)
    service = asked.service or (latest.key.service if latest else "")
    route = _ROUTES.get(asked.how, "")
    answered = f"answered {asked.status or 'with an error'}"
    what = "could not be reached" if asked.unreached else answered
    return Draft(
        kind=Kind.STUCK,
        level="",
        template=_SAYS[asked.how].format(who=service or asked.project, what=what),
        service=service,
        project=asked.project,
        hosts=[],
        count=draft.count,
        times=draft.times[:1],
        ids=set(draft.ids),
        requests=draft.requests,
        resources=draft.resources,
        origin=by_route(asked.project, route) if route else by_logger(latest.key.logger) if latest else None,
        route=route,
        named=asked.how,
        users=draft.users,
        first=draft.first,
        last=draft.last,
        weight=20.0,
        why=f"named by {draft.service or draft.project}",
        said=tuple(event.message for event in draft.events[:1]),
    )


def _latest(project: str, service: str, draft: Draft, profile: Profile) -> Step | None:
    """The last thing that the service wrote for the same request or resource, before it was complained of."""
    until = draft.times[0] + 1 if draft.times else float("inf")
    found = [
        step
        for each in draft.ids
        for step in profile.steps.get(each, ())
        if step.at <= until
        and (step.key.service == service if service else step.key.service.partition("-")[0] == project)
        and step.key.logger
    ]
    return max(found, key=lambda step: step.at) if found else None
