"""Groups in the making: what was seen, what became of it, whose echo it is."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterable

import msgspec

from mitate.analyze.logs.callee import Callee, callee
from mitate.analyze.logs.origin import by_route
from mitate.analyze.logs.profile import Answered, Profile, Seen
from mitate.model.log_answer import Kind, Outcome, Surge
from mitate.model.logs import Event, Frame

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
MOST_IDS = 200


class Draft(msgspec.Struct, eq=False):
    """times: sorted. ids: of requests and resources. files: (host, log) that it stands in. route: of the API,
    for what is about its answers. asked: whom the error names. named: of a service that others name, how it
    was asked (``Callee.how``). weight: the heavier, the likelier it is the origin of a failure. rate,
    rate_before: per second. leads: it or an echo of it is new or much more.
    """

    kind: Kind
    level: str
    template: str
    service: str
    project: str
    hosts: list[str]
    count: int
    times: list[float]
    ids: set[str]
    requests: list[str] = []
    resources: list[str] = []
    outcome: Outcome = Outcome.FAILED
    origin: Frame | None = None
    asked: Callee | None = None
    named: str = ""
    echo_of: Draft | None = None
    echoes: int = 0
    before: int | None = None
    files: list[tuple[str, str]] = []
    earlier: int | None = None
    rate: float | None = None
    rate_before: float | None = None
    surge: Surge | None = None
    leads: bool = False
    users: int = 0
    status: int = 0
    weight: float = 0.0
    why: str = ""
    route: str = ""
    events: list[Event] = []
    said: tuple[str, ...] = ()
    first: float | None = None
    last: float | None = None

    def near(self, at: float, before: float, after: float) -> bool:
        """Whether it happened from ``before`` seconds before a time to ``after`` seconds after it."""
        index = bisect.bisect_left(self.times, at - before)
        return index < len(self.times) and self.times[index] <= at + after

    def root(self) -> Draft:
        here, hops = self, 0
        while here.echo_of is not None and hops < 50:
            here, hops = here.echo_of, hops + 1
        return here


def of_trouble(seen: Seen, kind: Kind = Kind.ERROR) -> Draft:
    events = seen.events
    ids = {each for event in events for each in (event.request, event.global_request, event.resource) if each}
    for event in events[:6]:
        ids.update(_UUID.findall(event.message)[:4])
    ids.update(list(seen.requests)[:MOST_IDS])
    return Draft(
        kind=kind,
        level=seen.key.level or "ERROR",
        template=seen.key.template,
        service=seen.key.service,
        project=seen.project,
        hosts=[host for host, _ in seen.hosts.most_common() if host],
        count=seen.count,
        times=sorted({at for at in (*(event.at for event in events), seen.last) if at is not None}),
        ids=ids,
        requests=list(seen.requests)[:20],
        resources=list(seen.resources)[:20],
        origin=seen.origin,
        files=list(seen.files),
        asked=callee(events[0]) if events else None,
        users=seen.users,
        events=events,
        first=seen.first,
        last=seen.last,
    )


def of_answers(answers: list[Answered]) -> Draft:
    """Of answers of one service to one route with one status."""
    one = answers[0]
    ids = {each for answer in answers[:60] for each in (answer.request, answer.global_request) if each}
    ids.update(each for answer in answers[:60] for each in _UUID.findall(answer.path)[:3])
    return Draft(
        kind=Kind.HTTP,
        level="ERROR" if one.status >= 500 else "WARNING",
        template=f"{one.route}: HTTP {one.status}",
        service=one.service,
        project=one.project,
        hosts=list(dict.fromkeys(answer.host for answer in answers if answer.host)),
        count=len(answers),
        times=sorted(answer.at for answer in answers),
        ids=ids,
        requests=list(dict.fromkeys(answer.request for answer in answers if answer.request))[:20],
        origin=by_route(one.project, one.route),
        route=one.route,
        files=list({(answer.host, answer.file): None for answer in answers}),
        users=sum(1 for answer in answers if answer.user),
        status=one.status,
        said=tuple(dict.fromkeys(answer.message for answer in answers[:3])),
        first=min(answer.at for answer in answers),
        last=max(answer.at for answer in answers),
    )


def refused(profile: Profile) -> Iterable[Draft]:
    """Every kind of answer that said no."""
    alike: dict[tuple[str, str, int], list[Answered]] = {}
    for answer in profile.answers:
        if answer.status >= 400:
            alike.setdefault((answer.service, answer.route, answer.status), []).append(answer)
    for _, answers in sorted(alike.items()):
        yield of_answers(answers)
