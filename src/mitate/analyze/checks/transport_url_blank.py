from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.fixes import on
from mitate.analyze.life import Key, Life, by_host, lives
from mitate.analyze.peers import BROKER, addresses, listening, talk
from mitate.analyze.subjects import config_subject
from mitate.model.diagnosis import Severity
from mitate.model.host import ConfigOption, Process, Socket
from mitate.model.services import BY_NAME

OPTION = "transport_url"
OLD = ("rabbit_host", "rabbit_hosts", "rabbit_userid", "rabbit_password")
"""How the broker was named up to Pike."""
PROJECTS = ("nova", "neutron", "cinder", "heat", "octavia")
WITHOUT = ("nova-novncproxy", "nova-api-metadata", "neutron-ovn-metadata-agent")
"""Services of these projects that do without the broker, or may."""
LOCAL = ("localhost", "127.0.0.1", "::1")


@check(ConfigOption, Process, Socket, severity=Severity.CRITICAL, helps=2)
def transport_url_blank(
    options: Sequence[ConfigOption], processes: Sequence[Process], sockets: Sequence[Socket]
) -> Problems:
    """A service's configuration does not name the message broker, or names one where there is none.

    What it means
        Without transport_url the service tries rabbit://localhost as guest. It cannot be called, nor call
        or report: it looks dead though it runs.
    Why it happens
        The option was left out of a new host's configuration, stands in the wrong section or file, or a
        template was rendered with an empty variable.
    Look again
        grep -n transport_url FILE
        tail the service's log for "AMQP server on … is unreachable"
    Fix
        Put transport_url = rabbit://USER:PASSWORD@BROKER:5672/ under [DEFAULT], as on a host that works,
        and restart the service.
    """
    everything = lives(processes)
    near, broker = by_host(sockets), listening(BROKER, everything, sockets)
    homes = {host for (host, name), life in everything.items() if name in BROKER.services and life.running}
    by_service: dict[Key, list[ConfigOption]] = defaultdict(list)
    for option in options:
        by_service[option.source.host, option.service].append(option)
    for (host, service), own in by_service.items():
        if service in WITHOUT or service not in BY_NAME or BY_NAME[service].project not in PROJECTS:
            continue
        where, how = _fault(own, everything.get((host, service)), near[host], broker, homes)
        if not how:
            continue
        line = f", line {where.line}" if where.name == OPTION and where.line else ""
        yield Problem(
            subject=config_subject(host, where.file, "DEFAULT"),
            says=f"{OPTION} of {service} on {host} {how} ({where.file}{line})",
            seen=(where,),
            fix=(on(host, "grep", "-n", OPTION, where.file),),
        )


def _fault(
    own: Sequence[ConfigOption],
    life: Life | None,
    sockets: Sequence[Socket],
    ports: frozenset[int],
    brokers: set[str],
) -> tuple[ConfigOption, str]:
    """The option to look at, and what is wrong with it: "" when nothing is, or nothing can be said."""
    named = [option for option in own if option.name == OPTION and option.section == "DEFAULT"]
    if named:
        last = named[-1]  # the last one counts, as in oslo.config
        return last, "is empty" if last.blank else _names_nobody(last, sockets, brokers)
    if any(option.name in OLD and not option.blank for option in own) or not life or not life.main:
        return own[0], ""
    talking = talk(life, sockets, ports)
    if not talking.known or talking.established:
        return own[0], ""  # it is named in a way that was not seen
    return own[0], "is missing, and the service has no connection to a broker"


def _names_nobody(option: ConfigOption, sockets: Sequence[Socket], brokers: set[str]) -> str:
    """What is wrong with an address that is this very host: no broker is here, and one runs elsewhere."""
    host = option.source.host
    found = addresses(option.value, 5672)
    if not found or any(name not in LOCAL for name, _ in found):
        return ""
    ports = {port for _, port in found}
    listens = {socket.local_port for socket in sockets if socket.state == "LISTEN"}
    if not listens or ports & listens or host in brokers or not brokers:
        return ""
    return f"names {found[0][0]}, but the broker runs on {min(brokers)}"
