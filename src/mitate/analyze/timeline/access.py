"""Lines that web servers write: who asked for what, and how long it took.

The forms are nova.api.openstack.requestlog's and placement.requestlog's, eventlet.wsgi's as neutron and
glance use it, uwsgi's, and the common log format.
"""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

from mitate.model.logs import Event

READS = ("GET", "HEAD", "OPTIONS")
_METHODS = "GET|HEAD|OPTIONS|POST|PUT|PATCH|DELETE"
_QUOTED = re.compile(
    rf'^(?P<client>[0-9a-fA-F.:]{{3,45}})[^"]{{0,200}}"(?P<method>{_METHODS}) (?P<path>/[^" ?]*)'
    r'(?P<query>[^"]*)"(?P<rest>.*)'
)
_UWSGI = re.compile(
    rf"^(?:(?P<client>[0-9a-fA-F.:]{{3,45}}) .*?)?(?P<method>{_METHODS}) (?P<path>/[^ ?]*)(?P<query>\S*) => "
    r"generated \d+ bytes in (?P<ms>\d{1,9}) msecs \(HTTP/[\d.]+ (?P<status>\d{3})\)"
)
_STATUS = re.compile(r"status: (\d{3})\b")
_TIME = re.compile(r"\btime: (\d{1,6}(?:\.\d{1,9})?)")
_PLAIN = re.compile(r"^ (\d{3}) (?:\d+|-)(?: (\d{1,6}\.\d{1,9}))?")


class Access(msgspec.Struct, frozen=True):
    """client: its address, "" where the line does not tell. took_s: None where it does not. query: what
    follows the path.

    at_begin: the time of the line is when it began, to the second (uwsgi's own lines), not when it ended.
    """

    client: str
    method: str
    path: str
    query: str
    status: int | None
    took_s: float | None
    at_begin: bool

    @property
    def reads(self) -> bool:
        return self.method in READS


@lru_cache(maxsize=65_536)
def access_of(message: str, logger: str) -> Access | None:
    """
    >>> asked = access_of('10.0.0.21 "GET /allocations/8fd7?x=1" status: 200 len: 19 microversion: 1.28', "")
    >>> asked.client, asked.method, asked.path, asked.query, asked.status, asked.took_s
    ('10.0.0.21', 'GET', '/allocations/8fd7', '?x=1', 200, None)
    >>> asked = access_of('10.0.0.1 - - [28/Nov/2026 01:46:35] "GET /v2/images/1d HTTP/1.1" 200 9 0.018', "")
    >>> asked.path, asked.query, asked.status, asked.took_s
    ('/v2/images/1d', '', 200, 0.018)
    """
    if found := _UWSGI.match(message):
        return Access(
            client=found["client"] or "",
            method=found["method"],
            path=found["path"],
            query=found["query"],
            status=int(found["status"]),
            took_s=int(found["ms"]) / 1000,
            at_begin=True,
        )
    if not (found := _QUOTED.match(message)):
        return None
    rest, status, took = found["rest"], None, None
    if said := _STATUS.search(rest):
        status = int(said[1])
        seconds = _TIME.search(rest)
        took = float(seconds[1]) if seconds else None
    elif said := _PLAIN.match(rest):
        status = int(said[1])
        took = float(said[2]) if said[2] else None
    return Access(
        client=found["client"],
        method=found["method"],
        path=found["path"],
        query=found["query"].strip() if found["query"].lstrip().startswith("?") else "",
        status=status,
        took_s=took,
        at_begin=logger == "uwsgi",
    )


def access(event: Event) -> Access | None:
    return access_of(event.message, event.logger) if event.message[:1].isalnum() else None
