"""HTTP as it is needed here: counted, bounded in size and in time, never trusted to be what was asked for."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import msgspec
import requests
from requests.adapters import HTTPAdapter

from mitate.collect.transport.redact import redact
from mitate.model.errors import CannotSee

MAX_BODY = 128_000_000


class Spent(CannotSee):
    """As many requests were sent as may be."""

    def __init__(self, most: int) -> None:
        super().__init__(f"it would have needed more than the {most} requests that are sent at most", "cut")


class Counter:
    """How many HTTP requests were really sent, tokens and discovery included; most: how many may be."""

    def __init__(self) -> None:
        self.requests = 0
        self.most: int | None = None
        self._lock = threading.Lock()

    def add(self) -> None:
        """Count one that is about to be sent. Raises Spent when it may not be."""
        with self._lock:
            if self.most is not None and self.requests >= self.most:
                raise Spent(self.most)
            self.requests += 1


class CountingAdapter(HTTPAdapter):
    """An adapter of requests that counts what goes through it. at_once: connections kept per host."""

    def __init__(self, counter: Counter, at_once: int) -> None:
        super().__init__(pool_connections=at_once, pool_maxsize=at_once, max_retries=0)
        self._counter = counter

    def send(self, *args: Any, **kwargs: Any) -> requests.Response:
        self._counter.add()
        return super().send(*args, **kwargs)


def mount(session: requests.Session, counter: Counter, at_once: int) -> requests.Session:
    for scheme in ("http://", "https://"):
        session.mount(scheme, CountingAdapter(counter, at_once))
    return session


def body_of(response: requests.Response, within_s: float, most: int = MAX_BODY) -> bytes:
    """The body of a streamed response. Raises CannotSee when it is too long, or drips in too slowly."""
    ends = time.monotonic() + within_s
    body = bytearray()
    for chunk in response.iter_content(65536):
        body += chunk
        if len(body) > most:
            response.close()
            raise CannotSee(f"the answer is longer than {most // 1_000_000} MB, and was not read", "cut")
        if time.monotonic() > ends:
            response.close()
            raise CannotSee(f"the answer was still coming after {within_s:g} s", "timeout")
    return bytes(body)


def json_of(body: bytes) -> Any:
    """Raises CannotSee when it is no JSON."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise CannotSee(f"the answer is not JSON but {what_it_is(body)}", "garbage") from None


def what_it_is(body: bytes) -> str:
    """A few words for a body that is not what it should be."""
    start = body[:2000].lstrip().lower()
    if not start:
        return "empty"
    if start.startswith((b"<!doctype html", b"<html")) or b"<html" in start:
        return "an HTML page"
    return f"«{redact(start[:60].decode(errors='replace')).strip()}»"


def complaint(body: bytes) -> str:
    """The message in the body of an error, as OpenStack's services put it; "" when there is none."""
    try:
        told = json.loads(body[:20000])
    except (ValueError, RecursionError):
        return ""
    while isinstance(told, dict) and told:
        message = told.get("message") or told.get("detail") or told.get("title")
        if isinstance(message, str):
            return redact(" ".join(message.split())[:200])
        told = next((value for value in told.values() if isinstance(value, dict | list)), None)
        if isinstance(told, list):
            told = told[0] if told else None
    return ""
