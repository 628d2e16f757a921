"""Requests to an API as access logs tell them: of Nova and Placement, eventlet, uwsgi, web servers."""

from __future__ import annotations

import re

import msgspec

from mitate.analyze.logs.mask import route
from mitate.model.logs import Event

_METHOD = r"(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)"
_EVENTLET = re.compile(
    rf'"{_METHOD} (\S+)(?: HTTP/[\d.]+)?" status: (\d{{3}}) +len: (\d+)'
    r"(?: microversion: \S+)?(?: time: ([\d.]+))?"
)
_UWSGI = re.compile(
    rf"{_METHOD} (\S+) => generated (\d+) bytes in (\d+) (m|micro)secs \(HTTP/[\d.]+ (\d{{3}})\)"
)
_WEB = re.compile(rf'"{_METHOD} (\S+) HTTP/[\d.]+" (\d{{3}}) (\d+|-)(?: (\d+(?:\.\d+)?))?')


class Access(msgspec.Struct, frozen=True):
    """seconds, size: how long it took and how many bytes it has, None where the line does not tell."""

    method: str
    path: str
    status: int
    seconds: float | None = None
    size: int | None = None

    @property
    def route(self) -> str:
        return f"{self.method} {route(self.path)}"


def access(event: Event) -> Access | None:
    """The request that a line tells of, None when it tells of none.

    >>> access(Event(at=0, message='10.0.0.5 "GET /v2.1/servers" status: 200 len: 1 time: 0.5'))
    Access(method='GET', path='/v2.1/servers', status=200, seconds=0.5, size=1)
    >>> access(Event(at=0, message="GET /v3 => generated 249 bytes in 124 msecs (HTTP/1.1 200) 3 headers"))
    Access(method='GET', path='/v3', status=200, seconds=0.124, size=249)
    """
    message = event.message
    if "/" not in message or event.level in ("ERROR", "CRITICAL", "TRACE"):
        return None
    if found := _UWSGI.search(message):
        method, path, size, took, unit, status = found.groups()
        return Access(
            method, path, int(status), int(took[:12]) / (1e3 if unit == "m" else 1e6), int(size[:12])
        )
    if found := _EVENTLET.search(message):
        method, path, status, size, seconds = found.groups()
        return Access(method, path, int(status), _number(seconds), int(size[:12]))
    if found := _WEB.search(message):
        method, path, status, size, number = found.groups()
        length = int(size[:12]) if size.isdecimal() else None
        if number and "." not in number:  # Apache's %D, which Kolla's format has: microseconds
            return Access(method, path, int(status), int(number[:12]) / 1e6, length)
        return Access(method, path, int(status), _number(number), length)
    return None


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None
