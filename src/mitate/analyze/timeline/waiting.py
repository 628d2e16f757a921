"""Silences, and who waited for whom: over HTTP as the callee's log tells, by RPC as the code does it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from mitate.analyze.timeline.rpc import STEPS, Step
from mitate.model.timeline import Entry, Kind, RequestSeen, Silence, Waiting

LONG_S = 5.0
"""Nothing for this long, while a request is at work, is told."""
MOST = 400
"""Calls told."""
_ENDED_BY = (
    (re.compile(r"Instance failed to shutdown in (\d+) seconds"), "the guest to shut itself down, in vain"),
    (re.compile(r"Instance shutdown successfully"), "the guest to shut itself down"),
    (
        re.compile(r"Timeout waiting for \[.*network-vif-plugged"),
        "Neutron to say that the port is plugged, in vain",
    ),
    (
        re.compile(r"Creating event network-vif-plugged|VM Resumed|Instance spawned successfully"),
        "the guest to be started, and for Neutron to say that its port is plugged",
    ),
    (re.compile(r"Spawned new privsep daemon"), "its privileged helper to start"),
    (
        re.compile(r"VM Started|Successfully plugged vif"),
        "the disk to be made ready and the guest to be started",
    ),
    (re.compile(r"Instance destroyed successfully"), "libvirt to end the guest"),
)
"""What a line that ends a silence of the compute says of what it waited for."""
_IN_VAIN = re.compile(
    r"MessagingTimeout|Timed out waiting for a reply|ReadTimeout|ConnectTimeout|timed out", re.I
)


def silences(entries: Sequence[Entry], requests: Sequence[RequestSeen]) -> list[Silence]:
    """Where nothing was written for long while one of the requests was at work."""
    found = []
    busy = [
        (each.began, each.ended)
        for each in requests
        if not each.parent and each.began is not None and each.ended is not None
    ]
    latest = entries[0].at if entries else 0.0
    for place in range(1, len(entries)):
        entry = entries[place]
        seconds = entry.at - latest
        if seconds >= LONG_S and any(began <= latest + 1 and entry.at <= ended + 1 for began, ended in busy):
            waited, proved = _waited(entries, place, latest)
            what = _what_ended(entry)
            found.append(
                Silence(
                    before=place,
                    seconds=round(seconds, 1),
                    says=f"nothing for {_length(seconds)}, then {what}",
                    waited=waited,
                    proved=proved,
                )
            )
        latest = max(latest, entry.at)
    return found


def _length(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 600 else f"{seconds / 60:.0f} min"


def _what_ended(entry: Entry) -> str:
    if _IN_VAIN.search(f"{entry.exception} {entry.says}"):
        kind = re.search(r"\b(\w*Timeout\w*)\b", f"{entry.exception} {entry.says}")
        return kind[1] if kind else "a timeout"
    words = entry.says.split(". ")[0]
    return f"“{words[:90].rstrip()}{'…' if len(words) > 90 else ''}”"


def _waited(entries: Sequence[Entry], place: int, since: float) -> tuple[str, bool]:
    """Who waited for whom, and whether a line says so."""
    entry = entries[place]
    for before in reversed(entries[:place]):
        ends = before.at + (before.took_s or 0.0)
        if (
            before.kind is Kind.CALL
            and before.at <= since + 1
            and ends >= entry.at - 1
            and ends - before.at > 1
        ):
            who = _who(before.caller) or "somebody"
            return f"{who} waited for {_who((before.service, before.host))}: {before.says}", True
    words = f"{entry.exception} {entry.says}"
    me = _who((entry.service, entry.host))
    if _IN_VAIN.search(words) and entry.trouble:
        return f"{me} waited in vain for {entry.asking or 'a reply'}", True
    for pattern, what in _ENDED_BY:
        if pattern.search(entry.says):
            return f"{me} waited for {what}", True
    last = entries[place - 1]
    if (last.service, last.host) != (entry.service, entry.host) and entry.service:
        return f"{_who((last.service, last.host))} had written last; {me} wrote next", False
    return f"{me} worked, or waited, without a word" if me else "", False


def _who(who: tuple[str, str]) -> str:
    service, host = who
    return f"{service} on {host}" if service and host else service or host


def waiting(
    entries: Sequence[Entry], requests: Sequence[RequestSeen], homes: Mapping[str, str]
) -> list[Waiting]:
    """Who asked whom, in order of time. homes: the host of each service that is on one only."""
    found = [*_http(entries), *_rpc(entries, requests, homes)]
    return sorted(found, key=lambda each: (each.began is None, each.began or 0.0))[:MOST]


def _http(entries: Sequence[Entry]) -> Iterator[Waiting]:
    for entry in entries:
        if entry.kind is Kind.CALL:
            yield Waiting(
                caller=entry.caller,
                callee=(entry.service, entry.host),
                how="HTTP",
                what=entry.says,
                request=entry.global_request or entry.request,
                began=entry.at,
                took_s=entry.took_s,
                answered=None if entry.status is None else entry.status < 500,
                proved=True,
            )


def _rpc(
    entries: Sequence[Entry], requests: Sequence[RequestSeen], homes: Mapping[str, str]
) -> Iterator[Waiting]:
    """The steps of each action as far as both ends wrote something: from the caller's last line before the
    callee's first, to the caller's next."""
    for request in requests:
        steps = STEPS.get(request.action, ())
        own = [entry for entry in entries if entry.request == request.id and entry.service]
        after = request.began or 0.0
        for step in steps:
            made = _step(step, own, request, after, homes)
            if made is not None:
                yield made
                after = made.began if made.began is not None else after


def _step(
    step: Step, own: Sequence[Entry], request: RequestSeen, after: float, homes: Mapping[str, str]
) -> Waiting | None:
    callers = [e for e in own if e.service == step.caller and e.kind is not Kind.ACTION]
    callees = [e for e in own if e.service == step.callee and e.at >= after - 0.001]
    if step.caller == step.callee:
        hosts = list(dict.fromkeys(e.host for e in sorted(callees, key=lambda e: e.at)))
        if len(hosts) < 2:
            return None
        named = [e for e in callees if step.method in e.says]
        to = named[0] if named else next(e for e in callees if e.host == hosts[1])
        caller = next((h for h in hosts if h != to.host), "")
        return Waiting(
            caller=(step.caller, caller),
            callee=(step.callee, to.host),
            how=step.how,
            what=step.method,
            request=request.id,
            began=to.at,
            proved=False,
        )
    if not callees:
        return None
    named = [e for e in callees if step.method in e.says]
    first = min(named or callees, key=lambda e: e.at)
    who = next((e.host for e in callers if e.host), homes.get(step.caller, ""))
    if step.how == "call":
        last = max((e.at for e in callees if e.host == first.host), default=first.at)
        back = min((e.at for e in callers if e.at >= last), default=None)
        took = None if back is None else round(back - first.at, 3)
    else:
        took = None
    return Waiting(
        caller=(step.caller, who),
        callee=(step.callee, first.host),
        how=step.how,
        what=step.method,
        request=request.id,
        began=first.at,
        took_s=took,
        answered=None if step.how == "cast" else took is not None,
        proved=False,
    )
