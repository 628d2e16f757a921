"""Endpoints that fail: whether the catalogue is wrong, the service is gone, or we stand outside."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from mitate.analyze.life import Key, Life
from mitate.model.cloud import Endpoint
from mitate.model.host import Process, Socket
from mitate.model.services import SERVICES
from mitate.model.source import Fact

NO_WAY = ("dns", "refused", "timeout", "unreachable")
FAILS = (*NO_WAY, "tls", "http", "garbage")
"""Reasons that say something of the endpoint; others (denied, interrupted) say something of us."""

AUTH = "auth"
"""The interface of the auth URL itself, which is not in the catalogue."""

PROXIES = ("haproxy", "nginx", "apache2", "httpd", "traefik", "envoy", "caddy")


class Wrong(NamedTuple):
    """Why the catalogue is to blame, what shows it, and the URL that would be right ("" when unknown)."""

    says: str
    seen: tuple[Fact, ...]
    better: str = ""
    sure: bool = True


def fails(endpoint: Endpoint) -> bool:
    return endpoint.reason in FAILS


def authority(url: str) -> tuple[str, int | None]:
    """Host and port of a URL, ("", None) when it has none that can be read.

    >>> authority("http://controller:8774/v2.1"), authority("https://[::1]/"), authority("nonsense:x")
    (('controller', 8774), ('::1', 443), ('', None))
    """
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
        return (parts.hostname or "", port)
    except ValueError:
        return ("", None)


def out_of_reach(endpoints: Iterable[Endpoint]) -> dict[str, list[Endpoint]]:
    """Interfaces that we stand outside of: every service fails there by the network alone, while another
    interface answers. Internal networks are rarely routed to an operator's desk."""
    by_interface: dict[str, list[Endpoint]] = defaultdict(list)
    for endpoint in endpoints:
        if endpoint.interface != AUTH:
            by_interface[endpoint.interface].append(endpoint)
    answering = [name for name, urls in by_interface.items() if any(not fails(url) for url in urls)]
    return {
        name: urls
        for name, urls in by_interface.items()
        if name not in answering
        and answering
        and len({url.service for url in urls}) > 1
        and all(url.reason in NO_WAY for url in urls)
    }


def wrong(
    endpoint: Endpoint,
    endpoints: Sequence[Endpoint],
    everything: Mapping[Key, Life],
    processes: Sequence[Process],
    sockets: Sequence[Socket],
) -> Wrong | None:
    """Why a failing endpoint's URL is wrong, or None when nothing shows that it is."""
    if endpoint.interface == AUTH or endpoint.interface in out_of_reach(endpoints):
        return None
    if endpoint.reason not in (*NO_WAY, "garbage") and endpoint.status != 404:
        return None
    return _beside(endpoint, endpoints) or _elsewhere(endpoint, endpoints, everything, processes, sockets)


def _beside(endpoint: Endpoint, endpoints: Sequence[Endpoint]) -> Wrong | None:
    for other in endpoints:
        if (other.service, other.region) != (endpoint.service, endpoint.region) or fails(other):
            continue
        if other.interface != AUTH and other.url.rstrip("/") != endpoint.url.rstrip("/"):
            says = f"the {other.interface} endpoint answers at {other.url}"
            same_host = authority(other.url)[0] == authority(endpoint.url)[0]
            return Wrong(says, (other,), other.url if same_host else "", same_host)
    return None


def _elsewhere(
    endpoint: Endpoint,
    endpoints: Sequence[Endpoint],
    everything: Mapping[Key, Life],
    processes: Sequence[Process],
    sockets: Sequence[Socket],
) -> Wrong | None:
    host, port = authority(endpoint.url)
    names = {service.name for service in SERVICES if service.api == endpoint.service}
    pids = {
        (life.host, process.pid)
        for (_, name), life in everything.items()
        if name in names
        for process in life.running
    }
    listens = [
        socket
        for socket in sockets
        if socket.state == "LISTEN" and any((socket.source.host, pid) in pids for pid in socket.pids)
    ]
    if not listens:
        return None
    if endpoint.reason == "dns" and any(_resolves(other, host) for other in endpoints):
        says = f"the name {host} has no address, and the service runs on {listens[0].source.host}"
        return Wrong(says, (listens[0],))
    if port in (80, 443) or any(_is_proxy(process) for process in processes):
        return None  # what the URL names is a proxy, whose backends listen where they like
    if port not in {socket.local_port for socket in listens}:
        there = listens[0]
        says = f"the service listens on port {there.local_port} of {there.source.host}, not on {port}"
        return Wrong(says, (there,), endpoint.url.replace(f":{port}", f":{there.local_port}", 1))
    return None


def _resolves(other: Endpoint, host: str) -> bool:
    name = authority(other.url)[0]
    return bool(name) and name != host and other.reason != "dns"


def _is_proxy(process: Process) -> bool:
    words = process.command.split(None, 1)
    return bool(words) and words[0].rpartition("/")[2].rstrip(":") in PROXIES
