"""Where a request died: from the server's fault, its events, and the lines of its request in the logs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from mitate.analyze.check import all_checks
from mitate.analyze.checks.server_got_no_host import STAGES
from mitate.analyze.placement.answers import Emptied
from mitate.analyze.placement.cloud import Cloud
from mitate.analyze.room import NO_CELL, NO_HOST
from mitate.analyze.words import listed, short
from mitate.model.cloud import Server
from mitate.model.diagnosis import Confidence, Evidence, Finding, Severity, Subject
from mitate.model.placement import SchedulingLine, ServerEvent, ServerRequest, Stage, Wanted
from mitate.model.source import Fact

SILENT = (
    "service_process_stopped",
    "service_crash_looping",
    "service_process_frozen",
    "service_dead_to_openstack",
    "compute_service_down",
)
"""Checks that tell why no scheduler, or no conductor, answered; the most telling first."""
ANSWERING = ("nova-scheduler", "nova-conductor")
_LEFT = re.compile(r"'(\w{1,100}): \(start: \d{1,9}, end: (\d{1,9})\)'")
_RETURNED = re.compile(r"Filter (\w{1,100}) returned (\d{1,9}) host")
_PORT = re.compile(r"[Bb]inding failed for port ([0-9a-f-]{36})")
_ECHO = re.compile(r"rescheduled|exhausted all hosts|no valid host", re.IGNORECASE)
LONGEST = 200


class Death(msgspec.Struct, frozen=True, kw_only=True):
    """stage: None when nothing died, or nobody can tell. left: (filter, hosts that Nova's log says remained).
    emptied: the filter that left none.

    tried: hosts on which it was to be built. first_cause: of which "no valid host" is but an echo.
    """

    stage: Stage | None = None
    says: str = ""
    left: tuple[tuple[str, int], ...] = ()
    emptied: Emptied | None = None
    tried: tuple[str, ...] = ()
    first_cause: Finding | None = None
    evidence: tuple[Evidence, ...] = ()


def death(wanted: Wanted, cloud: Cloud) -> Death:
    """Of the server of the request; an empty one for a request that was never made."""
    server = cloud.requests.get(wanted.server_id) or cloud.servers.get(wanted.server_id)
    if server is None:
        return Death()
    events = [each for each in cloud.events if each.server_id == wanted.server_id]
    requests = {each.request_id for each in events}
    lines = [each for each in cloud.snapshot.all(SchedulingLine) if each.request_id in requests]
    left = tuple(_counts(lines))
    if server.status == "BUILD" or (server.status == "ERROR" and "Timeout" in server.fault):
        return _unanswered(wanted, server, cloud, left)
    if server.status != "ERROR":
        where = f"{wanted.name} is {server.status}" + (f" on {server.host}" if server.host else "")
        return Death(says=f"{where}.", left=left, evidence=(Evidence.of(server),))
    died = _failed(wanted, server, events, lines, cloud, left)
    return msgspec.structs.replace(died, emptied=_emptied(lines)) if died.stage is Stage.FILTERS else died


def _counts(lines: Sequence[SchedulingLine]) -> Iterator[tuple[str, int]]:
    """What the scheduler's own log says of each filter; of several attempts the last."""
    for line in lines:
        for name, left in (*_RETURNED.findall(line.message), *_LEFT.findall(line.message)):
            yield name, int(left)


def _emptied(lines: Sequence[SchedulingLine]) -> Emptied | None:
    return next((Emptied(name, line) for line in lines for name, left in _counts([line]) if left == 0), None)


def _unanswered(
    wanted: Wanted, server: Server | ServerRequest, cloud: Cloud, left: tuple[tuple[str, int], ...]
) -> Death:
    """It waits for a scheduler, or its conductor waited in vain."""
    cause = next(_of_services(cloud, SILENT, ANSWERING), None)
    evidence = (Evidence.of(server),)
    if cause is None:
        says = f"{wanted.name} is {server.status}" + (f" ({server.task_state})" if server.task_state else "")
        says += f" on {server.host}" if server.host else ""
        return Death(says=f"{says}.", left=left, evidence=evidence)
    says = f"{wanted.name} waits for a scheduler that does not answer: {cause.says}."
    return Death(stage=Stage.REQUEST, says=says, left=left, first_cause=cause, evidence=evidence)


def _of_services(cloud: Cloud, ids: Sequence[str], services: Sequence[str]) -> Iterator[Finding]:
    """What checks find about some services."""
    known = {each.id: each for each in all_checks() if each.id in ids}
    for id_ in ids:
        for finding in known[id_].run(cloud.snapshot).findings if id_ in known else ():
            words = f"{finding.subject.id} {finding.subject.name}"
            if any(service in words for service in services):
                yield finding


def _failed(
    wanted: Wanted,
    server: Server | ServerRequest,
    events: Sequence[ServerEvent],
    lines: Sequence[SchedulingLine],
    cloud: Cloud,
    left: tuple[tuple[str, int], ...],
) -> Death:
    fault = short(server.fault, LONGEST).rstrip(".")
    when = f" on {server.created_at:%Y-%m-%d %H:%M} UTC" if server.created_at else ""
    stage, meaning = next(
        ((stage, meaning) for sign, stage, meaning in STAGES if re.search(sign, server.fault, re.IGNORECASE)),
        (None, ""),
    )
    errors = [each for each in events if each.result == "Error" and each.event.startswith("compute_")]
    errors.sort(key=lambda each: (each.started_at is None, each.started_at and each.started_at.timestamp()))
    tried = tuple(dict.fromkeys(each.host for each in errors if each.host))
    evidence = (Evidence.of(server), *(Evidence.of(each) for each in errors[:3]))
    if stage is Stage.SPAWN or (errors and not NO_HOST.search(server.fault)):
        error = _first_error(wanted, server, errors, lines)
        return Death(
            stage=Stage.SPAWN,
            says=f"Hosts were chosen, and building failed on them: {error.says}.",
            left=left,
            tried=tried,
            first_cause=error,
            evidence=evidence,
        )
    cause = None
    if lost := NO_CELL.search(server.fault):
        cause = next(_of_services(cloud, ("compute_not_mapped_to_cell",), (lost[1],)), None)
    says = f"When it was asked for{when}, {meaning or 'it failed'}: {fault or 'Nova says no more'}."
    if cause:
        says = f"It was given a host that belongs to no cell: {cause.says}."
    return Death(stage=stage, says=says, left=left, tried=tried, first_cause=cause, evidence=evidence)


def _first_error(
    wanted: Wanted,
    server: Server | ServerRequest,
    errors: Sequence[ServerEvent],
    lines: Sequence[SchedulingLine],
) -> Finding:
    """What went wrong on the first host that was tried; the server's own fault where nothing tells."""
    told: list[tuple[Fact, str, str]] = [(each, each.message, each.host) for each in errors if each.message]
    told += [
        (each, each.message, each.source.host)
        for each in lines
        if each.level in {"ERROR", "CRITICAL"} and each.service == "nova-compute"
    ]
    told.append((server, server.fault, ""))
    for fact, words, host in told:
        if port := _PORT.search(words):
            at = f" on {host}" if host else ""
            subject = Subject("port", port[1], f"port {port[1]} of {wanted.name}", host)
            says = f"{subject.name} could not be bound{at}"
            fix = (f"openstack port show {port[1]}", "openstack network agent list")
            return _finding("port_binding_failed", subject, says, (fact, server), fix)
    fact, words, host = next((each for each in told if not _ECHO.search(each[1])), told[0])
    subject = Subject("server", wanted.server_id, wanted.name)
    hosts = listed(list(dict.fromkeys(each.host for each in errors if each.host))) or "the chosen hosts"
    first = f" ({host} first)" if host and len({each.host for each in errors}) > 1 else ""
    says = f"{wanted.name} could not be built on {hosts}{first}: {short(words, LONGEST).rstrip('.')}"
    return _finding(
        "server_got_no_host", subject, says, (fact, server), (f"openstack server event list {subject.id}",)
    )


def _finding(check: str, subject: Subject, says: str, seen: Sequence[Fact], fix: tuple[str, ...]) -> Finding:
    evidence = tuple(Evidence.of(each) for each in dict.fromkeys(seen))
    return Finding(
        check, Severity.CRITICAL, subject, says, evidence, fix=fix, confidence=Confidence.CONFIRMED
    )
