"""What there is to go by: the facts of a snapshot, as the story needs them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property

from mitate.model.cloud import Hypervisor, Port, Server
from mitate.model.host import HostContact, HostIdentity
from mitate.model.logs import Event
from mitate.model.placement import ServerEvent, ServerRequest
from mitate.model.snapshot import Snapshot
from mitate.model.timeline import Followed, LogSearched, Mention, OwnAddress

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
UUID = re.compile(_UUID)
REQUEST = re.compile(rf"req-{_UUID}")


class Known:
    """kind: server or request. id: of it. followed: every id that belongs to it, with the reason."""

    def __init__(self, snapshot: Snapshot, kind: str, id_: str, followed: Sequence[Followed] = ()) -> None:
        self.snapshot, self.kind, self.id, self.followed = snapshot, kind, id_, tuple(followed)

    @cached_property
    def server(self) -> ServerRequest | Server | None:
        """The server that it is about, as far as the API still knows it."""
        known: list[ServerRequest | Server] = [*self.snapshot.all(ServerRequest)]
        known += self.snapshot.all(Server)
        ids = {each.id for each in self.followed if each.kind == "server"} | {self.id}
        return next((each for each in known if _id_of(each) in ids), None)

    @cached_property
    def history(self) -> tuple[ServerEvent, ...]:
        """What befell the server, the oldest first; of a request, only what it did."""
        ids = {each.id for each in self.followed if each.kind == "server"} | {self.id}
        found = [each for each in self.snapshot.all(ServerEvent) if each.server_id in ids]
        if self.kind == "request":
            found = [each for each in found if each.request_id == self.id]
        found = list(dict.fromkeys(found))
        return tuple(sorted(found, key=lambda each: each.started_at.timestamp() if each.started_at else 0.0))

    @cached_property
    def ports(self) -> tuple[Port, ...]:
        servers = {each.id for each in self.followed if each.kind == "server"} | {self.id}
        return tuple(each for each in self.snapshot.all(Port) if each.device_id in servers)

    @cached_property
    def events(self) -> tuple[Event, ...]:
        """Every line that was read, once: two searches, or a copy of a log, may have told the same."""
        found: dict[tuple[object, ...], Event] = {}
        for mention in self.snapshot.all(Mention):
            event = mention.event
            where = (event.host, event.file) if event.process is None else ()
            key = (event.at, event.process, event.logger, event.request, event.message, *where)
            before = found.get(key)
            if before is None or (bool(event.host), len(event.frames)) > (
                bool(before.host),
                len(before.frames),
            ):
                found[key] = event
        return tuple(found.values())

    @cached_property
    def searched(self) -> Mapping[tuple[str, str], LogSearched]:
        """By host and file, what was searched."""
        found: dict[tuple[str, str], LogSearched] = {}
        for each in self.snapshot.all(LogSearched):
            before = found.get((each.source.host, each.file))
            if before is None or (each.debug and not before.debug):
                found[each.source.host, each.file] = each
        return found

    @cached_property
    def addresses(self) -> Mapping[str, str]:
        """Host by address."""
        found = {each.host_ip: each.service_host for each in self.snapshot.all(Hypervisor) if each.host_ip}
        for own in self.snapshot.all(OwnAddress):
            found[own.address] = own.source.host
        return found

    @cached_property
    def computes(self) -> frozenset[str]:
        """Hosts whose logs hold one of nova-compute."""
        return frozenset(host for (host, _), log in self.searched.items() if log.service == "nova-compute")

    @cached_property
    def controllers(self) -> frozenset[str]:
        """Hosts whose logs hold one of another of Nova's services."""
        names = ("nova-api", "nova-conductor", "nova-scheduler")
        return frozenset(host for (host, _), log in self.searched.items() if log.service in names)

    @cached_property
    def homes(self) -> Mapping[str, str]:
        """The host of each service whose logs lie on one host only."""
        found: dict[str, set[str]] = {}
        for (host, _), log in self.searched.items():
            if log.service and host:
                found.setdefault(log.service, set()).add(host)
        return {service: next(iter(hosts)) for service, hosts in found.items() if len(hosts) == 1}

    @property
    def identities(self) -> Sequence[HostIdentity]:
        return self.snapshot.all(HostIdentity)

    @property
    def contacts(self) -> Sequence[HostContact]:
        return self.snapshot.all(HostContact)


def _id_of(server: ServerRequest | Server) -> str:
    return server.server_id if isinstance(server, ServerRequest) else server.id


def named_in(event: Event) -> str:
    """All words of an event in which an id may stand."""
    return " ".join((event.resource, event.message, event.exception, event.file, *event.lines[:20]))
