"""Services that run and cannot connect to a server that they need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mitate.analyze.check import Problem
from mitate.analyze.life import by_host, is_agent, lives
from mitate.analyze.peers import DATABASE, Peer, complaint, listening, ports_of, started, talk
from mitate.analyze.subjects import agent_named, service_subject
from mitate.analyze.words import short
from mitate.model.host import ConfigOption, LogLine, Process, Socket
from mitate.model.services import BY_NAME

INFRASTRUCTURE = ("broker", "database", "cache", "haproxy", "libvirt", "ovs", "ovn")

THROUGH_OTHERS = ("nova-compute",)
"""Reaches the database by way of the conductor, as Neutron's agents do by way of the server: what their logs
say of it is the echo of somebody else's failure."""


def lost(
    peer: Peer,
    processes: Sequence[Process],
    sockets: Sequence[Socket],
    logs: Sequence[LogLine],
    options: Sequence[ConfigOption],
) -> Iterator[Problem]:
    """A service that is just trying (SYN-SENT), or that has no connection and has just complained of it.

    A complaint from before the server was last started is history, and one without the sockets to go with it
    is only what a log says.
    """
    everything = lives(processes)
    ports = ports_of(peer, options) | listening(peer, everything, sockets)
    since = started(peer, everything)
    near, written = by_host(sockets), by_host(logs)
    for (host, service), life in everything.items():
        if service not in BY_NAME or BY_NAME[service].project in INFRASTRUCTURE or not life.main:
            continue
        if peer is DATABASE and (service in THROUGH_OTHERS or is_agent(service)):
            continue
        talking = talk(life, near[host], ports)
        if talking.established or not talking.known:
            continue
        line = complaint(peer, written[host], host, service, since)
        if not talking.trying and line is None:
            continue
        if talking.trying:
            to = talking.trying[0]
            how = f"its attempt to {to.peer_ip}:{to.peer_port} gets no answer"
        else:
            how = short(line.message) if line else ""
        subject = agent_named(service, host, {}) if is_agent(service) else service_subject(service, host)
        yield Problem(
            subject=subject,
            says=f"{subject.name} runs, but has no connection to {peer.name}: {how}",
            seen=(*talking.trying[:2], *([line] if line else ()), life.main),
            since=line.at if line and not talking.trying else None,
        )
