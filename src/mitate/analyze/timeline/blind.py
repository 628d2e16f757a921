"""What could not be seen, said plainly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from mitate.analyze.timeline.known import Known
from mitate.analyze.words import listed
from mitate.model.timeline import Clock, Entry, Kind, Reader, RequestSeen

NO_REQUESTS = ("neutron-api", "neutron-server", "keystone")
DEBUG_HIDES = {
    "nova-scheduler": "how many hosts each filter left, and how they were weighed",
    "nova-conductor": "that it took up the request at all when nothing fails",
    "nova-compute": "the guest's definition, the steps of plugging and claiming",
    "neutron-server": "how ports are bound",
    "neutron-api": "how ports are bound",
    "neutron-rpc-server": "what the agents ask",
    "keystone": "which tokens and roles were checked",
}


def readers(known: Known, entries: Sequence[Entry]) -> tuple[Reader, ...]:
    lines = Counter((entry.host, entry.source) for entry in entries)
    return tuple(
        Reader(host=host, service=log.service, file=file, debug=log.debug, lines=lines[host, file])
        for (host, file), log in sorted(known.searched.items())
    )


def blind(
    known: Known,
    entries: Sequence[Entry],
    requests: Sequence[RequestSeen],
    clocks: Sequence[Clock],
    reading: str,
) -> tuple[str, ...]:
    said = []
    if reading == "recording":
        said.append(
            "a recording holds warnings and errors from the ends of the logs, no other lines: most of what "
            "happened is not in it"
        )
    if reading == "logs":
        said.append(
            "only these logs were read: what Nova keeps of the server (its actions) was not asked for"
        )
    said += _debug_off(known)
    said += _rotated(known, requests)
    said += [
        f"{host}: more lines of {file} name it than are told: only the first are here"
        for (host, file), log in known.searched.items()
        if log.cut
    ]
    if missing := [r.id for r in requests if r.action and not r.lines]:
        said.append(f"no line was found of {listed(missing)}, though Nova's API tells of it")
    unmeasured = [clock.host for clock in clocks if clock.offset_s is None]
    if unmeasured and len(clocks) > 1:
        said.append(
            f"the clock of {listed(unmeasured)} was not measured: the order between hosts is as good as "
            "their clocks"
        )
    if any(entry.kind is Kind.CALL and not entry.request for entry in entries):
        said.append(
            "lines of web servers without a request id are here by the thing they name: who asked is known "
            "by address and time only"
        )
    if untimed := sum(1 for event in known.events if event.at is None):
        said.append(f"{untimed} lines have no time that was understood, and are left out")
    return tuple(said)


def _debug_off(known: Known) -> list[str]:
    off: dict[str, set[str]] = {}
    for (host, _), log in known.searched.items():
        if log.debug is False and log.service:
            off.setdefault(log.service, set()).add(host)
    on = {log.service for log in known.searched.values() if log.debug}
    quiet = [service for service in sorted(off) if service not in on]
    if not quiet:
        return []
    hidden = [f"{service}: {DEBUG_HIDES[service]}" for service in quiet if service in DEBUG_HIDES]
    why = f" ({'; '.join(hidden)})" if hidden else ""
    return [f"debug is off in {', '.join(quiet)}: steps that went well are mostly not written down{why}"]


def _rotated(known: Known, requests: Sequence[RequestSeen]) -> list[str]:
    """Logs that begin only after it did."""
    began = min((r.began for r in requests if r.began is not None), default=None)
    if began is None:
        return []
    by_service: dict[tuple[str, str], list[datetime]] = {}
    for (host, _), log in known.searched.items():
        if log.begins_at and log.service:
            by_service.setdefault((host, log.service), []).append(log.begins_at)
    late = [
        f"{service} on {host} ({min(times):%Y-%m-%d %H:%M} UTC)"
        for (host, service), times in sorted(by_service.items())
        if min(times) > datetime.fromtimestamp(began, UTC)
    ]
    if not late:
        return []
    return [
        f"these logs begin only after it did (rotated away, or the service is younger): {', '.join(late)}"
    ]
