"""Small stories out of lines as services write them; nothing here was recorded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from mitate.analyze.timeline.following import first_ids, more_ids
from mitate.analyze.timeline.known import Known
from mitate.model.host import HostIdentity
from mitate.model.logs import Event, Frame
from mitate.model.placement import ServerEvent, ServerRequest
from mitate.model.snapshot import snapshot
from mitate.model.source import Fact, Source
from mitate.model.timeline import Followed, LogSearched, Mention, OwnAddress

SERVER = "8fd71303-f915-4cbc-bc8f-70ed05ab1dfe"
PORT = "25052e81-81e1-49b0-925d-0319cce191ab"
REQUEST = "req-616a4d66-192a-42d7-9168-58ce31112603"
OTHER = "req-11111111-2222-4333-8444-555555555555"
LOCAL = "req-22222222-2222-4333-8444-555555555555"
AT = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)
T = AT.timestamp()
HOSTS = {"controller": "10.0.0.11", "network": "10.0.0.12", "compute1": "10.0.0.21", "compute2": "10.0.0.22"}


def source(host: str = "controller") -> Source:
    return Source(host, "asked", AT)


def line(after: float, service: str, message: str, **more: Any) -> Event:
    """Written so many seconds after AT; level INFO and on the controller unless told otherwise."""
    defaults: dict[str, Any] = {
        "host": "controller",
        "level": "INFO",
        "project": service.partition("-")[0],
        "logger": f"{service.partition('-')[0]}.module",
        "file": f"/var/log/{service.partition('-')[0]}/{service}.log",
        "process": 95,
    }
    return Event(at=T + after, service=service, message=message, **{**defaults, **more})


def frames(*named: str) -> tuple[Frame, ...]:
    """``file:line in function``, outermost first."""
    made = []
    for each in named:
        where, _, function = each.partition(" in ")
        file, _, number = where.rpartition(":")
        made.append(Frame(file, function, int(number)))
    return tuple(made)


def action(name: str, request: str = REQUEST, after: int = 0, **more: Any) -> ServerEvent:
    at = datetime.fromtimestamp(T + after, UTC)
    return ServerEvent(
        source=source(), server_id=SERVER, action=name, request_id=request, started_at=at, **more
    )


def server(**more: Any) -> ServerRequest:
    made = ServerRequest(
        source=source(),
        server_id=SERVER,
        name="web",
        project_id="p",
        status="ACTIVE",
        flavor_name="f",
        vcpus=1,
        ram_mb=128,
        disk_gb=1,
    )
    return msgspec.structs.replace(made, **more)


def identity(host: str, offset: float) -> HostIdentity:
    return HostIdentity(source=source(host), hostname=host, kernel="6", os="debian 12", clock_offset_s=offset)


def known(
    events: Sequence[Event], facts: Sequence[Fact] = (), kind: str = "server", id_: str = SERVER
) -> Known:
    """Everything followed as far as it leads; each log was searched, without debug."""
    every: list[Fact] = [*facts, *(Mention(source=source(e.host), event=e) for e in events)]
    logs = {(e.host, e.file): e.service for e in events}
    every += [
        LogSearched(source=source(host), service=name, file=file, debug=False)
        for (host, file), name in logs.items()
    ]
    every += [OwnAddress(source=source(host), address=address) for host, address in HOSTS.items()]
    seen = snapshot("lab", AT, every)
    followed = tuple(first_ids(Known(seen, kind, id_, [Followed(kind, id_, "asked for")])))
    for _ in range(2):
        followed = (*followed, *more_ids(Known(seen, kind, id_, followed)))
    return Known(seen, kind, id_, followed)
