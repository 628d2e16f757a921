"""Lines, and what Nova keeps of a server, as entries in their true order."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

import msgspec

from mitate.analyze.timeline.access import Access, access
from mitate.analyze.timeline.following import Belonging
from mitate.analyze.timeline.known import Known
from mitate.analyze.timeline.rpc import STEPS, callee_of
from mitate.analyze.timeline.trouble import tells_of_trouble
from mitate.model.logs import Event
from mitate.model.placement import ServerEvent
from mitate.model.timeline import Entry, Kind, Routine

API = "os-instance-actions"
LONGEST = 600
NEUTRON = ("neutron-rpc-server", "neutron-server", "neutron-api")
"""What tells Nova of ports."""
OFTEN = 3
"""So many lines alike, of no request of the story, are routine."""
TICK = 0.0005
NOISE = re.compile(r"Using RPCClient manually to instantiate client")
"""What services write with any request: it says no more than that they took it up."""
_MASK = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d+(?:\.\d+)?")
_BEFORE = {
    "nova-conductor": ("nova-api",),
    "nova-compute": ("nova-api", "nova-scheduler", "nova-conductor"),
}
"""Whose lines of a request come before a service's own."""
_AFTER = {"nova-conductor": ("nova-scheduler", "nova-compute")}
"""Whose come after its first."""


def entries_of(
    known: Known, belonging: Belonging, moved: Mapping[str, float]
) -> tuple[list[Entry], list[Routine]]:
    """moved: seconds to take off, by host. In order of time; what happened again and again stands apart."""
    told: list[Entry] = []
    things: list[Entry] = []
    looks: list[Entry] = []
    telling = {(e.service, e.request) for e in known.events if not NOISE.search(e.message)}
    for event in known.events:
        why = belonging.why(event)
        if not why or event.at is None:
            continue
        if NOISE.search(event.message) and (event.service, event.request) in telling:
            why = "routine"
        entry = _entry(event, event.at, known, belonging, moved.get(event.host, 0.0))
        {"request": told, "thing": things, "routine": looks}[why].append(entry)
    told, more = _joined(told, things)
    told = [*told, *_recorded(known, told, moved)]
    more = [_after_its_action(entry, told) for entry in more]
    things, routine = _rare(more)
    alike = sorted([*routine, *_often(looks)], key=lambda each: (each.first, each.host, each.service))
    return sorted([*told, *things], key=_order), alike


def _order(entry: Entry) -> tuple[float, int, str, str]:
    rank = {Kind.ACTION: 0, Kind.CALL: 1, Kind.EVENT: 2, Kind.LINE: 3}[entry.kind]
    return (entry.at, rank, entry.host, entry.says)


# -- lines --------------------------------------------------------------------------------------------------


def _entry(event: Event, at: float, known: Known, belonging: Belonging, off: float) -> Entry:
    asked = access(event)
    service = event.service or _by_file(event.file)
    innermost, (callee, method) = _origin(event), callee_of(event.frames)
    if asked is None:
        return Entry(
            at=at - off,
            written=at,
            host=event.host,
            service=service,
            level=event.level,
            request=event.request,
            global_request=event.global_request,
            says=event.message[:LONGEST],
            trouble=tells_of_trouble(
                event.level, f"{event.message} {event.exception}", None, asked_for=False
            ),
            exception=event.exception[:LONGEST],
            origin=innermost,
            asking=f"{callee} ({method})" if callee and callee != service else "",
            source=event.file,
        )
    took = asked.took_s
    began = at if asked.at_begin or took is None else at - took
    on_behalf = event.global_request in belonging.requests or service not in ("nova-api",)
    return Entry(
        at=began - off,
        written=at,
        exact=not asked.at_begin,
        kind=Kind.CALL,
        host=event.host,
        service=service,
        level=event.level if event.level != "INFO" else "",
        request=event.request,
        global_request=event.global_request,
        says=f"{asked.method} {asked.path}{'?…' if asked.query.strip() else ''}"[:LONGEST],
        took_s=took,
        status=asked.status,
        caller=_caller(asked, service, began - off, known),
        trouble=tells_of_trouble("", "", asked.status, asked_for=not on_behalf),
        source=event.file,
    )


def _by_file(file: str) -> str:
    for part, service in (
        ("/libvirt/", "libvirtd"),
        ("/openvswitch/", "ovs-vswitchd"),
        ("/ovn/", "ovn-controller"),
    ):
        if part in file:
            return service
    return ""


def _origin(event: Event) -> str:
    """The innermost code of the service's own project in a traceback: file:line in function."""
    own = [each for each in event.frames if event.project and each.file.startswith(f"{event.project}/")]
    frame = next(iter([*own[::-1], *event.frames[::-1]]), None)
    return f"{frame.file}:{frame.line} in {frame.function}" if frame else ""


def _caller(asked: Access, service: str, at: float, known: Known) -> tuple[str, str]:
    """Who asked: the host by its address, the service by what is asked and what runs there."""
    if not asked.client:
        return ("", "")
    host = known.addresses.get(asked.client, "")
    if not host:
        return ("", asked.client)
    if service == "nova-api":
        neutron = asked.path.endswith("/os-server-external-events")
        return (next((n for n in NEUTRON if n in known.homes), "") if neutron else "", host)
    if service == "placement-api" and asked.path.startswith("/allocation_candidates"):
        return ("nova-scheduler", host)
    if host in known.computes:
        return ("nova-compute" if host not in known.controllers else "", host)
    if service == "placement-api":
        return ({"PUT": "nova-scheduler", "POST": "nova-conductor"}.get(asked.method, ""), host)
    return ("nova-api" if service == "glance-api" else "", host)


def _joined(told: Sequence[Entry], things: Sequence[Entry]) -> tuple[list[Entry], list[Entry]]:
    """One entry of two lines about one call: the service's own, which has the request id, and its web
    server's, which knows how long it took."""
    own: dict[tuple[str, str, str, int | None], list[int]] = defaultdict(list)
    every = list(told)
    for place, entry in enumerate(every):
        if entry.kind is Kind.CALL and entry.took_s is None:
            own[entry.host, entry.service, entry.says.removesuffix("?…"), entry.status].append(place)
    left = []
    for entry in things:
        key = (entry.host, entry.service, entry.says.removesuffix("?…"), entry.status)
        took = entry.took_s
        if entry.kind is Kind.CALL and took is not None and not entry.exact:
            for number, place in enumerate(own[key]):
                end = every[place].at
                if entry.at <= end + 0.1 and end <= entry.at + took + 1.5:
                    every[place] = msgspec.structs.replace(every[place], at=end - took, took_s=took)
                    del own[key][number]
                    break
            else:
                if not any(_same(entry, each) for each in told):
                    left.append(entry)
            continue
        left.append(entry)
    return every, left


def _same(entry: Entry, other: Entry) -> bool:
    return (
        other.kind is Kind.CALL
        and (entry.host, entry.service, entry.status) == (other.host, other.service, other.status)
        and entry.says.removesuffix("?…") == other.says.removesuffix("?…")
        and -0.5 <= other.at - entry.at <= 1.5
    )


# -- again and again ----------------------------------------------------------------------------------------


def _template(entry: Entry) -> tuple[str, str, str]:
    return (entry.host, entry.service, _MASK.sub("*", entry.says))


def _rare(things: Sequence[Entry]) -> tuple[list[Entry], list[Routine]]:
    """What carries no request of the story, without what was written again and again."""
    alike: dict[tuple[str, str, str], list[Entry]] = defaultdict(list)
    for entry in things:
        alike[_template(entry)].append(entry)
    rare = [e for group in alike.values() for e in group if len(group) < OFTEN or e.trouble]
    often = [e for group in alike.values() for e in group if len(group) >= OFTEN and not e.trouble]
    return rare, _often(often)


def _often(entries: Iterable[Entry]) -> list[Routine]:
    alike: dict[tuple[str, str, str], list[Entry]] = defaultdict(list)
    for entry in entries:
        alike[_template(entry)].append(entry)
    return [
        Routine(
            host=host,
            service=service,
            says=group[0].says,
            times=len(group),
            first=min(each.at for each in group),
            last=max(each.at for each in group),
        )
        for (host, service, _), group in alike.items()
    ]


# -- what Nova keeps ----------------------------------------------------------------------------------------


def _recorded(known: Known, told: Sequence[Entry], moved: Mapping[str, float]) -> list[Entry]:
    """Actions and their events, kept to the second: put before the first line that is of them."""
    found = []
    for each in known.history:
        if each.started_at is None:
            continue
        written = each.started_at.timestamp()
        off = moved.get(each.host, 0.0) if each.event else 0.0
        at = _within_second(each, written - off, told)
        ended = each.finished_at.timestamp() - off if each.finished_at else None
        failed = each.result == "Error"
        what = each.event or f"{each.action}: asked for"
        found.append(
            Entry(
                at=at,
                written=written,
                exact=False,
                kind=Kind.EVENT if each.event else Kind.ACTION,
                host=each.host if each.event else "",
                service=_service_of(each.event),
                request=each.request_id,
                says=what,
                took_s=max(0.0, round(ended - (written - off), 3))
                if ended is not None and each.event
                else None,
                source=API,
            )
        )
        if failed and each.event:
            found.append(
                Entry(
                    at=_after_all(each, ended, told) if ended is not None else at,
                    written=ended if ended is not None else written,
                    exact=False,
                    kind=Kind.EVENT,
                    host=each.host,
                    service=_service_of(each.event),
                    request=each.request_id,
                    says=f"{each.event} ended in Error{f': {each.message}' if each.message else ''}"[
                        :LONGEST
                    ],
                    trouble=True,
                    source=API,
                )
            )
    return _in_steps(found, known)


def _in_steps(found: list[Entry], known: Known) -> list[Entry]:
    """Of what began within one second, a later step of its action comes after the one before it."""
    actions = {each.request_id: each.action for each in known.history if not each.event}
    order = {
        (request, f"compute_{step.method}"): place
        for request, action in actions.items()
        for place, step in enumerate(STEPS.get(action, ()))
    }
    steps = [at for at, entry in enumerate(found) if (entry.request, entry.says) in order]
    steps.sort(key=lambda at: (found[at].request, order[found[at].request, found[at].says]))
    for before, after in pairwise(steps):
        first, then = found[before], found[after]
        if first.request == then.request and first.written == then.written and first.at >= then.at:
            found[after] = msgspec.structs.replace(then, at=first.at + TICK)
    return found


def _after_its_action(entry: Entry, told: Sequence[Entry]) -> Entry:
    """A call known to the second, by the host where an event of the server began within that second: after
    it, for it is made because of it."""
    if entry.exact or entry.kind is not Kind.CALL or not entry.caller[1]:
        return entry
    begun = [
        each.at
        for each in told
        if each.kind is Kind.EVENT and each.host == entry.caller[1] and 0 <= each.at - entry.at < 1
    ]
    return msgspec.structs.replace(entry, at=max(begun) + TICK) if begun else entry


def _service_of(event: str) -> str:
    for begin, service in (
        ("compute_", "nova-compute"),
        ("conductor_", "nova-conductor"),
        ("api_", "nova-api"),
    ):
        if event.startswith(begin):
            return service
    return "nova-conductor" if event.startswith(("cold_migrate", "live_migrate")) else "nova-api"


def _within_second(each: ServerEvent, second: float, told: Sequence[Entry]) -> float:
    """Where in its second it belongs: before the first line of the same request by the service that did it,
    after the last by those that come before it."""
    service = _service_of(each.event)
    of_request = [
        entry for entry in told if entry.request == each.request_id and second <= entry.at < second + 1
    ]
    own = [e.at for e in of_request if e.service == service and (not each.host or e.host == each.host)]
    if not each.event:  # an action begins within the call that asks for it
        asked = [e.at for e in of_request if e.service == service and e.kind is Kind.CALL]
        return min(asked) + TICK if asked else second
    before = [e.at for e in of_request if e.service in _BEFORE.get(service, ())]
    if bound := [*own, *(e.at for e in of_request if e.service in _AFTER.get(service, ()))]:
        return max(second, min(bound) - TICK)
    return max(before, default=second - TICK) + TICK


def _after_all(each: ServerEvent, second: float, told: Sequence[Entry]) -> float:
    """Where in its second an end belongs: after the last line of its request in it."""
    found = [e.at for e in told if e.request == each.request_id and second <= e.at < second + 1]
    return max(found, default=second) + TICK
