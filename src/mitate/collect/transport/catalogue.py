"""The URLs of the catalogue: where a service's API is, and whether anything answers at each of them."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import msgspec
import requests
import urllib3

from mitate.collect.transport.redact import scrub
from mitate.collect.transport.threads import in_thread
from mitate.collect.transport.trouble import network_trouble
from mitate.collect.transport.web import body_of, what_it_is
from mitate.model.errors import CannotSee

TRY_S = 8.0
VERSIONS = {"compute": "/v2.1", "network": "/v2.0", "identity": "/v3", "image": "/v2"}
"""The path of the API version that is spoken here, for catalogue URLs that hold none (api-ref of each)."""
_VERSION = re.compile(r"/v\d+(\.\d+)?(/|$)")


class Listed(msgspec.Struct, frozen=True):
    """One URL of the catalogue, or the auth URL itself (interface ``auth``)."""

    service: str
    interface: str
    region: str
    url: str


class Tried(msgspec.Struct, frozen=True):
    """What became of it; fields as in ``mitate.model.cloud.Endpoint``."""

    service: str
    interface: str
    region: str
    url: str
    status: int | None
    reason: str
    detail: str
    took_s: float


class Seen(msgspec.Struct, frozen=True):
    status: int | None
    reason: str
    detail: str
    took_s: float


def api_url(service: str, url: str) -> str:
    """The URL to put paths behind: with its version, whether or not the catalogue gave one.

    >>> api_url("network", "http://h:9696"), api_url("compute", "http://h/compute/v2.1/")
    ('http://h:9696/v2.0', 'http://h/compute/v2.1')
    """
    url = url.rstrip("/")
    return url if _VERSION.search(urlsplit(url).path) else url + VERSIONS.get(service, "")


def listed(catalogue: Any) -> list[Listed]:
    """Every URL of a token's catalogue (Keystone's form: a list of services with their endpoints)."""
    found = []
    for service in catalogue if isinstance(catalogue, list) else ():
        for endpoint in service.get("endpoints") or ():
            if isinstance(endpoint, dict) and endpoint.get("url"):
                region = endpoint.get("region_id") or endpoint.get("region") or ""
                found.append(
                    Listed(
                        str(service.get("type", "")),
                        str(endpoint.get("interface", "")),
                        str(region),
                        str(endpoint["url"]),
                    )
                )
    return sorted(found, key=lambda e: (e.service, e.region, e.interface, e.url))


async def try_all(
    endpoints: Sequence[Listed], session: Callable[[], requests.Session], gate: asyncio.Semaphore
) -> list[Tried]:
    """Try each URL once, all at the same time; one that stands for several interfaces is tried only once."""
    urls = sorted({endpoint.url for endpoint in endpoints})
    seen = dict(zip(urls, await asyncio.gather(*(_try(url, session, gate) for url in urls)), strict=True))
    return [
        Tried(e.service, e.interface, e.region, e.url, *msgspec.structs.astuple(seen[e.url]))
        for e in endpoints
    ]


async def _try(url: str, session: Callable[[], requests.Session], gate: asyncio.Semaphore) -> Seen:
    async with gate:
        began = time.monotonic()
        try:
            # the time limit of requests does not cover looking up the name
            async with asyncio.timeout(TRY_S + 1):
                status, reason, detail = await in_thread(partial(_get, url, session()))
        except TimeoutError:
            status, reason, detail = None, "timeout", f"no answer within {TRY_S:g} s"
        return Seen(status, reason, detail, round(time.monotonic() - began, 3))


def _get(url: str, session: requests.Session) -> tuple[int | None, str, str]:
    headers = {"Accept": "application/json", "User-Agent": "mitate"}
    try:
        with session.get(url, timeout=TRY_S, allow_redirects=False, stream=True, headers=headers) as response:
            body = body_of(response, TRY_S, 1_000_000)
            return response.status_code, *_judge(response, body)
    except CannotSee as seen:
        return None, seen.reason if seen.reason == "timeout" else "garbage", str(seen)
    except (requests.RequestException, urllib3.exceptions.HTTPError, ValueError, OSError) as error:
        return None, *_why(error)


def _judge(response: requests.Response, body: bytes) -> tuple[str, str]:
    """Whether it is an API that answered: (reason, detail), both empty when it is.

    An API's root says 200 or 300 with JSON, 401 where Keystone's middleware stands before it (Swift adds HTML
    to that), 404 with JSON where only deeper paths exist.
    """
    status, kind = response.status_code, response.headers.get("Content-Type", "").lower()
    if status >= 500:
        return "http", f"HTTP {status}"
    if status == 401 or (300 < status < 400 and "login" not in response.headers.get("Location", "")):
        return "", ""
    if "html" in kind or what_it_is(body) == "an HTML page":
        return "garbage", f"HTTP {status} with an HTML page instead of an API's answer"
    if status < 400 or "json" in kind or status in (400, 403, 405, 412):
        return "", ""
    return "http", f"HTTP {status}"


def _why(error: Exception) -> tuple[str, str]:
    said = repr(error)
    if any(
        sign in said
        for sign in ("BadStatusLine", "InvalidHeader", "LineTooLong", "IncompleteRead", "InvalidChunk")
    ):
        return "garbage", "something answers that does not speak HTTP"
    if any(sign in said for sign in ("InvalidURL", "MissingSchema", "InvalidSchema", "LocationParseError")):
        return "garbage", "this is no URL"
    seen = network_trouble(error)
    return ("http" if seen.reason == "closed" else seen.reason), str(seen)


def rows(tried: Iterable[Tried]) -> str:
    """As the answer's JSON, without what somebody may have put into a URL."""
    return scrub(msgspec.json.encode(list(tried)).decode())
