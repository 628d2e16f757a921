"""What is kept of a stream of events: enough to say what went wrong, and never more than some megabytes.

Counts are exact. Of what is alike, a few events are kept whole; of a request or resource, the order in which
its templates came; of answers of APIs, how long they took.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import NamedTuple

import msgspec

from mitate.analyze.logs.access import Access, access
from mitate.analyze.logs.mask import template
from mitate.analyze.logs.origin import origin
from mitate.analyze.logs.units import UnitState, unit_state
from mitate.model.logs import Event, Frame

TROUBLE = ("ERROR", "CRITICAL", "TRACE")
EXAMPLES = 12
"""Events kept whole of each kind of trouble."""
MOST_KEYS, MOST_IDS, MOST_STEPS, MOST_TIMES = 30_000, 20_000, 300, 400
MOST_ANSWERS = 60_000
_TOOK = re.compile(
    r"(?:[Tt]ook|[Tt]ime elapsed:?|[Ee]lapsed:?|waited|held|in) (\d+(?:\.\d+)?) ?s?(?:ec|$|\.|,| )"
)
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class Key(NamedTuple):
    """What makes events alike. file: of the code that failed, for trouble only."""

    service: str
    logger: str
    level: str
    template: str
    file: str = ""


class Seen(msgspec.Struct):
    """events: the first few, whole, and the last one in ``latest``."""

    key: Key
    project: str
    count: int = 0
    first: float | None = None
    last: float | None = None
    hosts: Counter[str] = msgspec.field(default_factory=Counter)
    requests: dict[str, None] = msgspec.field(default_factory=dict)
    resources: dict[str, None] = msgspec.field(default_factory=dict)
    events: list[Event] = msgspec.field(default_factory=list)
    files: dict[tuple[str, str], None] = msgspec.field(default_factory=dict)
    """(host, log) that they stand in."""
    users: int = 0
    """How many of them were written for a user's request."""
    took: list[float] = msgspec.field(default_factory=list)
    """Seconds that the lines themselves tell."""
    origin: Frame | None = None

    def add(self, event: Event, keep: int) -> None:
        self.count += 1
        at = event.at
        if at is not None:
            self.first = at if self.first is None else min(self.first, at)
            self.last = at if self.last is None else max(self.last, at)
        self.hosts[event.host] += 1
        self.users += 1 if event.user else 0
        for value, into in ((event.request, self.requests), (event.resource, self.resources)):
            if value and len(into) < 50:
                into[value] = None
        if len(self.files) < 50:
            self.files[event.host, event.file] = None
        if len(self.events) < keep:
            self.events.append(event)


class Answered(msgspec.Struct, frozen=True):
    """One answer of an API. seconds: 0 where it is not told."""

    at: float
    seconds: float
    service: str
    project: str
    host: str
    method: str
    route: str
    path: str
    status: int
    request: str
    global_request: str
    user: str
    message: str = ""
    file: str = ""
    size: int | None = None


class Step(NamedTuple):
    """request: the user's request that it was done for, "" when a service did it by itself."""

    at: float
    key: Key
    request: str = ""


class Profile:
    """Take events with ``add``; then read the members."""

    def __init__(self) -> None:
        self.events = 0
        self.trouble: dict[Key, Seen] = {}
        self.warnings: dict[Key, Seen] = {}
        self.plain: dict[Key, Seen] = {}
        self.answers: list[Answered] = []
        self.statuses: Counter[tuple[str, str, int]] = Counter()
        self.times: dict[tuple[str, str], list[float]] = defaultdict(list)
        """Seconds of the answers of a service, by route."""
        self.steps: dict[str, list[Step]] = {}
        self.services: dict[tuple[str, str], tuple[float, float, int]] = {}
        """(service, host): first and last time, number of events."""
        self.units: dict[tuple[str, str], UnitState] = {}
        """What systemd said last of the unit of a service on a host."""
        self.first: float | None = None
        self.last: float | None = None
        self.overflow = 0
        self.without_code = False
        """Whether it is of lines without tracebacks: then alike are those with the same words."""

    def add(self, event: Event) -> None:
        self.events += 1
        at = event.at
        if at is not None:
            self.first = at if self.first is None else min(self.first, at)
            self.last = at if self.last is None else max(self.last, at)
            if event.service:
                who = (event.service, event.host)
                first, last, count = self.services.get(who, (at, at, 0))
                self.services[who] = (min(first, at), max(last, at), count + 1)
        if said := unit_state(event):
            unit = said[0], event.host
            if unit not in self.units or said[1].at >= self.units[unit].at:  # logs come in no order of time
                self.units[unit] = said[1]
            return
        asked = access(event)
        if asked:
            self._answered(event, asked)
            return
        trouble = troubled(event)
        if not event.service and not trouble:
            return
        key = key_of(event, troubled=trouble)
        if trouble:
            seen = self._seen(self.trouble, key, event)
            if seen and seen.origin is None:
                seen.origin = origin(event)
            keep = EXAMPLES
        elif event.level == "WARNING":
            seen, keep = self._seen(self.warnings, key, event), 4
        else:
            seen, keep = self._seen(self.plain, key, event), 1
        if seen:
            seen.add(event, keep)
            if len(seen.took) < MOST_TIMES and (found := _TOOK.search(event.message)):
                seen.took.append(float(found[1][:12]))
        if at is not None and event.level != "DEBUG":
            self._step(event, Step(at, key, event.request if event.user else ""))

    def only_trouble(self) -> None:
        """Forget what was kept to tell what is missing or silent: not all was there to see."""
        self.steps.clear()
        self.services.clear()

    def add_more(self, event: Event, count: int) -> None:
        """That there are some more like one that was added, which nobody looked at."""
        self.events += count
        trouble = troubled(event)
        where = self.trouble if trouble else self.plain
        if seen := where.get(key_of(event, troubled=trouble)):
            seen.count += count
            seen.users += count if event.user else 0

    def _seen(self, where: dict[Key, Seen], key: Key, event: Event) -> Seen | None:
        seen = where.get(key)
        if seen is None:
            if len(where) >= MOST_KEYS:
                self.overflow += 1
                return None
            seen = where[key] = Seen(key, event.project)
        return seen

    def _step(self, event: Event, step: Step) -> None:
        ids = {event.request, event.global_request, event.resource} - {""}
        if not (event.user or event.global_request):
            ids.discard(event.request)  # of a thread of the service's own, that lives for hours
        if not event.resource:
            ids.update(_UUID.findall(event.message)[:2])
        for each in ids:
            steps = self.steps.get(each)
            if steps is None:
                if len(self.steps) >= MOST_IDS:
                    continue
                steps = self.steps[each] = []
            if len(steps) < MOST_STEPS:
                steps.append(step)

    def _answered(self, event: Event, asked: Access) -> None:
        route = asked.route
        self.statuses[event.service, route, asked.status] += 1
        if asked.seconds is not None:
            times = self.times[event.service, route]
            if len(times) < MOST_TIMES:
                times.append(asked.seconds)
        if event.at is not None and len(self.answers) < MOST_ANSWERS:
            self.answers.append(
                Answered(
                    at=event.at,
                    seconds=asked.seconds or 0.0,
                    service=event.service,
                    project=event.project,
                    host=event.host,
                    method=asked.method,
                    route=route,
                    path=asked.path[:300],
                    status=asked.status,
                    request=event.request,
                    global_request=event.global_request,
                    user=event.user,
                    message=event.message[:400] if asked.status >= 400 else "",
                    file=event.file,
                    size=asked.size,
                )
            )
            if event.request and asked.method != "GET":
                self._step(event, Step(event.at, Key(event.service, "", "", route), event.request))


def troubled(event: Event) -> bool:
    """Whether it tells of trouble by itself."""
    return event.level in TROUBLE or bool(event.frames or event.exception)


def key_of(event: Event, *, troubled: bool) -> Key:
    place = origin(event) if troubled else None
    says = event.message
    if not says or says.startswith("Traceback (most recent"):  # of what nobody caught that is all there is
        says = event.exception or says
    return Key(
        event.service,
        event.logger,
        event.level,
        template(says),
        f"{place.file}:{place.function}" if place else "",
    )
