"""The metadata proxies that run: a haproxy per router, or per network without one."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from mitate.model.host import Process

PROXY = re.compile(r"metadata[-_]proxy.{0,200}?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
"""haproxy -f …/ns-metadata-proxy/ID.conf; before Pike neutron-ns-metadata-proxy … --router_id=ID."""


class Proxies(msgspec.Struct, frozen=True):
    """running: (host, id of the router or network). seen: a process of each host whose list was told."""

    running: frozenset[tuple[str, str]]
    seen: dict[str, Process]


def proxies(processes: Iterable[Process]) -> Proxies:
    seen: dict[str, Process] = {}
    running = set()
    for process in processes:
        seen.setdefault(process.source.host, process)
        match = PROXY.search(process.command)
        if match and process.state not in ("Z", "X"):
            running.add((process.source.host, match[1]))
    return Proxies(frozenset(running), seen)
