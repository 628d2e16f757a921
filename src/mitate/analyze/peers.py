"""Who talks to the broker and to the database: addresses in configuration, sockets, and words in logs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from mitate.analyze.life import Key, Life
from mitate.model.host import ConfigOption, LogLine, Socket

FRESH = timedelta(seconds=120)
"""oslo.messaging and oslo.db complain at least every 30 s while they cannot connect."""

BOOT = timedelta(seconds=30)
"""A broker or a database listens only some time after its process was started."""


class Peer(msgspec.Struct, frozen=True):
    """A kind of server that services keep connections to, and how to know it.

    services: canonical names of what listens there. ports: the usual ones; ``option`` names others.
    words: what a client logs when it cannot connect; a connection that was merely lost is made anew
    in silence (an API under uwsgi loses idle ones all day).
    """

    name: str
    services: tuple[str, ...]
    ports: frozenset[int]
    option: str
    words: re.Pattern[str]


BROKER = Peer(
    "the message broker",
    ("rabbitmq-server",),
    frozenset({5671, 5672}),
    "transport_url",
    re.compile(
        r"(AMQP server .{0,200} is unreachable|Unable to connect to AMQP server|Connection failed): .{0,200}"
        r"(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|Connection refused|timed out|No route|not known"
        r"|ACCESS_REFUSED)|Login was refused using authentication"
    ),
)

DATABASE = Peer(
    "the database",
    ("mariadb",),
    frozenset({3306, 5432}),
    "connection",
    re.compile(
        r"Can't connect to (MySQL |MariaDB )?server on|could not connect to server"
        r"|Access denied for user|Unknown database|password authentication failed"
    ),
)


def addresses(url: str, default_port: int) -> list[tuple[str, int]]:
    """(host, port) of every server that a transport_url or a connection URL names, redacted or not.

    >>> addresses("rabbit://nova:***@10.0.0.1:5672,nova:***@10.0.0.2/", 5672)
    [('10.0.0.1', 5672), ('10.0.0.2', 5672)]
    >>> addresses("mysql+pymysql://nova:***@db/nova_api?charset=utf8", 3306)
    [('db', 3306)]
    """
    _, scheme, rest = url.partition("://")
    if not scheme:
        return []
    found = []
    for part in re.split(r"[/?]", rest, maxsplit=1)[0].split(","):
        match = re.fullmatch(r"(\[[^\]]+\]|[^:]+)(?::(\d{1,5}))?", part.rpartition("@")[2])
        if match:
            found.append((match[1].strip("[]"), int(match[2] or default_port)))
    return found


def ports_of(peer: Peer, options: Iterable[ConfigOption]) -> frozenset[int]:
    """The usual ports of that peer and those that any configuration names for it."""
    default = min(peer.ports)
    named = (
        port
        for option in options
        if option.name == peer.option and option.value
        for _, port in addresses(option.value, default)
    )
    return peer.ports | frozenset(named)


def listening(peer: Peer, everything: Mapping[Key, Life], sockets: Iterable[Socket]) -> frozenset[int]:
    """The usual ports of that peer and those on which any of its processes was seen to listen."""
    pids = {
        (life.host, process.pid)
        for (_, name), life in everything.items()
        if name in peer.services
        for process in life.running
    }
    return peer.ports | {
        socket.local_port
        for socket in sockets
        if socket.state == "LISTEN" and any((socket.source.host, pid) in pids for pid in socket.pids)
    }


def started(peer: Peer, everything: Mapping[Key, Life]) -> datetime | None:
    """Since when the newest of its servers has been able to answer, as far as any was seen.

    Older complaints are history.
    """
    mains = (life.main for (_, name), life in everything.items() if name in peer.services)
    newest = max((main.started_at for main in mains if main and main.started_at), default=None)
    return newest + BOOT if newest else None


def complaint(
    peer: Peer, logs: Sequence[LogLine], host: str, service: str, after: datetime | None = None
) -> LogLine | None:
    """The newest line of the last two minutes in which that service says that it cannot reach the peer."""
    lines = [
        line
        for line in logs
        if (line.source.host, line.service) == (host, service)
        and line.at is not None
        and line.source.at - line.at < FRESH
        and (after is None or line.at > after)
        and peer.words.search(line.message[:2000])
    ]
    return max(lines, key=lambda line: line.at or line.source.at, default=None)


class Talk(msgspec.Struct, frozen=True):
    """The sockets of one service to a peer. known: whether the sockets of that host name their processes."""

    known: bool
    established: tuple[Socket, ...] = ()
    trying: tuple[Socket, ...] = ()


def talk(life: Life, sockets: Sequence[Socket], ports: frozenset[int]) -> Talk:
    here = [socket for socket in sockets if socket.source.host == life.host]
    pids = {process.pid for process in life.running}
    own = [socket for socket in here if pids.intersection(socket.pids) and socket.peer_port in ports]
    return Talk(
        known=any(socket.pids for socket in here),
        established=tuple(socket for socket in own if socket.state.startswith("ESTAB")),
        trying=tuple(socket for socket in own if socket.state == "SYN-SENT"),
    )
