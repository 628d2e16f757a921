"""Which ids belong to a server or request, and which lines: by its requests, then by the things it has.

A service that asks another over HTTP passes its request id on (X-OpenStack-Request-ID): there it is the
*global* id, beside the local one of that service. RPC passes the context on as it is. Neutron tells Nova of
ports in requests of its own, agents and libvirt know no request at all: there the ids of things lead on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property

from mitate.analyze.timeline.access import access
from mitate.analyze.timeline.known import REQUEST, UUID, Known, named_in
from mitate.model.logs import Event
from mitate.model.placement import ServerRequest
from mitate.model.timeline import Followed

MOST = 60
"""Ids that are followed beyond the first ones."""
SERVERS = 3
"""Servers that one request is followed to."""
CALL_ON = ("neutron", "cinder", "nova", "heat", "octavia", "ironic")
"""Projects whose services call others: their own request ids are worth looking for."""
SHARED = ("image",)
"""Kinds of things that many servers have."""
SPARE_S = 5.0
"""Before and after a request, in which lines without it may still be of it."""
_U = UUID.pattern
_PORTS = (
    re.compile(rf"network-(?:vif-)?(?:(?:un)?plugged|changed|deleted)[-:]({_U})"),
    re.compile(rf"VIF\w*\([^)]{{0,400}}?\bid=({_U})"),
    re.compile(rf"/ports/({_U})"),
    re.compile(rf"'tag': '({_U})'"),
    re.compile(rf"\b[Pp]ort:? '?({_U})"),
)
_OTHERS = (
    ("volume", re.compile(rf"/volumes/({_U})|\b[Vv]olume(?: id| with id)?:? '?({_U})")),
    ("image", re.compile(rf"/v2/images/({_U})|\b[Ii]mage '?({_U})")),
    ("migration", re.compile(rf"\b[Mm]igration (?:for instance \S+ )?'?({_U})")),
    ("domain", re.compile(r"\b(instance-[0-9a-f]{8})\b")),
)
_EVENTS_API = "server_external_events"


def first_ids(known: Known) -> list[Followed]:
    """What is looked for first: the thing itself, and what the API tells of it."""
    found = [Followed(known.kind, known.id, "asked for")]
    found += [Followed("server", each.id, each.why) for each in known.followed if each.kind == "server"]
    found += [
        Followed("request", each.request_id, f"action {each.action}")
        for each in known.history
        if not each.event and REQUEST.fullmatch(each.request_id)
    ]
    for port in known.ports:
        found += _of_port(port.id, "a port of the server")
    if isinstance(server := known.server, ServerRequest):
        found += [Followed("volume", id_, "attached to the server") for id_ in server.volumes]
        if re.fullmatch(r"instance-[0-9a-f]{8}", server.domain):
            found.append(Followed("domain", server.domain, "libvirt's name of the server"))
        if UUID.fullmatch(server.image_id):
            found.append(Followed("image", server.image_id, "the server's image"))
    return list({each.id: each for each in reversed(found)}.values())[::-1]


def _of_port(port: str, why: str) -> list[Followed]:
    """A port, and the part of its id that names its devices (tap, qvo, …) everywhere."""
    return [Followed("port", port, why), Followed("device", port[:11], "its devices are named by it")]


def more_ids(known: Known) -> list[Followed]:
    """What the lines read so far lead on to, at most MOST, in the order in which it was found."""
    belonging = Belonging(known)
    have = {each.id for each in known.followed}
    found: dict[str, Followed] = {}
    for event in sorted(known.events, key=lambda each: each.at or 0.0):
        for each in _led_to(event, belonging, known):
            if each.id not in have and each.id not in found and len(found) < MOST:
                found[each.id] = each
    return list(found.values())


def _led_to(event: Event, belonging: Belonging, known: Known) -> Iterator[Followed]:
    if not belonging.why(event):
        return
    carried = belonging.carried(event)
    if event.request and event.request not in belonging.requests:
        if event.global_request in belonging.requests:
            if event.project in CALL_ON:
                yield Followed(
                    "request", event.request, f"{event.service} on behalf of {event.global_request}"
                )
        elif _adopted(event, belonging):
            for id_ in filter(None, (event.request, event.global_request)):
                yield Followed("request", id_, f"{event.service or 'it'}: {event.message[:80]}")
            carried = True
    about = known.kind == "request" and carried and UUID.fullmatch(event.resource)
    if about and len(belonging.ids("server")) < SERVERS:
        yield Followed("server", event.resource, "the request is about it")
    if not (carried or event.resource in belonging.ids("server")):
        return
    for pattern in _PORTS:
        for port in pattern.findall(event.message):
            yield from _of_port(port, f"named by {event.service or event.file}")
    for kind, pattern in _OTHERS:
        for one in pattern.findall(event.message):
            id_ = one if isinstance(one, str) else next(filter(None, one))
            yield Followed(kind, id_, f"named by {event.service or event.file}")


def _adopted(event: Event, belonging: Belonging) -> bool:
    """Whether a request nobody knew yet is about it: it changed something, or Neutron told Nova of it."""
    if event.logger.endswith(_EVENTS_API):
        return True
    asked = access(event)
    return asked is not None and not asked.reads and any(id_ in asked.path for id_ in belonging.own)


class Belonging:
    """Tells of each line whether it belongs to the story, and why."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._by_kind: dict[str, set[str]] = {}
        for each in known.followed:
            self._by_kind.setdefault(each.kind, set()).add(each.id)

    def ids(self, kind: str) -> set[str]:
        return self._by_kind.get(kind, set())

    @property
    def requests(self) -> set[str]:
        return self.ids("request")

    @cached_property
    def own(self) -> frozenset[str]:
        """Ids of things that are this server's, and nobody else's."""
        kinds = (kind for kind in self._by_kind if kind not in ("request", *SHARED))
        return frozenset(id_ for kind in kinds for id_ in self.ids(kind))

    @cached_property
    def spans(self) -> tuple[tuple[float, float], ...]:
        """When its requests were at work, as their lines and the API tell."""
        return spans(self._known, self.requests)

    def carried(self, event: Event) -> bool:
        """Whether it carries one of the requests."""
        return event.request in self.requests or event.global_request in self.requests

    def why(self, event: Event) -> str:
        """request, thing, routine (it only looks at it, as again and again), or "" when it is not of it."""
        if self.carried(event):
            return "request"
        words = named_in(event)
        own = event.resource in self.own or any(id_ in words for id_ in self.own)
        during = self._known.kind == "server" or within(event.at, self.spans)
        if own and during:
            asked = access(event)
            if (asked and asked.reads) or event.level == "DEBUG":
                return "routine"
            return "thing"
        if not event.request and any(id_ in words for kind in SHARED for id_ in self.ids(kind)):
            asked = access(event)
            reads = asked is not None and asked.reads
            return "thing" if not reads and within(event.at, self.spans) else ""
        return ""


def spans(known: Known, requests: Iterable[str]) -> tuple[tuple[float, float], ...]:
    """Begin and end of each request, as its lines and the API tell."""
    wanted = set(requests)
    found: dict[str, tuple[float, float]] = {}

    def add(request: str, at: float | None) -> None:
        if at is not None:
            begin, end = found.get(request, (at, at))
            found[request] = (min(begin, at), max(end, at))

    for event in known.events:
        for request in {event.request, event.global_request} & wanted:
            add(request, event.at)
    for told in known.history:
        if told.request_id in wanted:
            for when in (told.started_at, told.finished_at):
                add(told.request_id, when.timestamp() if when else None)
    return tuple(sorted(found.values()))


def within(at: float | None, known: Iterable[tuple[float, float]]) -> bool:
    return at is not None and any(begin - SPARE_S <= at <= end + SPARE_S for begin, end in known)
