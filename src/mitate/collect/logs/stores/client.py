"""HTTP to a store: within bounds of requests, bytes, lines and time; whatever is wrong in one clear sentence.

No redirect is followed (the credentials are for the host that was named), no ``.netrc`` is read, certificates
are always verified.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import msgspec
import requests
from requests.utils import get_environ_proxies
from urllib3.exceptions import HTTPError

from mitate.collect.logs.stores.access import Access
from mitate.collect.logs.stores.place import KINDS, Place
from mitate.collect.transport.trouble import clause, network_trouble
from mitate.collect.transport.web import json_of, what_it_is
from mitate.model.errors import CannotSee

PIECE = 1 << 16
LONGEST = 4 << 20
"""Bytes of one line of a stream."""
_TROUBLE = (requests.RequestException, HTTPError, OSError)


class Bounds(msgspec.Struct, frozen=True):
    """What is taken of a store at most, in one search. answer: bytes of one. request_s: without a byte."""

    requests: int = 400
    lines: int = 50_000
    bytes: int = 100_000_000
    answer: int = 32_000_000
    seconds: float = 300.0
    request_s: float = 30.0


class Ended(CannotSee):
    """A bound was reached: what was read until then is good."""

    def __init__(self, why: str) -> None:
        super().__init__(why, "cut")


class Client:
    """``bytes`` and ``requests`` count what came and went."""

    def __init__(self, place: Place, access: Access, bounds: Bounds) -> None:
        self.place, self.bounds = place, bounds
        self.requests = self.bytes = 0
        self._known = bool(access.headers(place.kind).get("Authorization"))
        self._ends = time.monotonic() + bounds.seconds
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.proxies = get_environ_proxies(place.url)
        self._session.verify = access.ca or True
        self._session.headers.update(
            {**access.headers(place.kind), "Accept": "application/json", "Accept-Encoding": "identity"}
        )

    def close(self) -> None:
        self._session.close()

    def get(self, path: str, query: dict[str, str]) -> Any:
        """The JSON of an answer. Raises CannotSee."""
        return self._json("GET", path, params=query)

    def post(self, path: str, body: Any) -> Any:
        """The same, for a search that is sent as JSON."""
        return self._json("POST", path, data=json.dumps(body), headers={"Content-Type": "application/json"})

    def stream(self, path: str, form: dict[str, str]) -> Iterator[bytes]:
        """The lines of an answer, as they come. Raises CannotSee."""
        rest = b""
        with self._asked("POST", path, data=form) as response:
            for piece in self._pieces(response, self.bounds.bytes):
                lines = (rest + piece).split(b"\n")
                rest = lines.pop()
                yield from lines
                if len(rest) > LONGEST:
                    raise self._strange(f"a line of more than {LONGEST >> 20} MB")
        if rest:
            yield rest

    def _json(self, method: str, path: str, **more: Any) -> Any:
        with self._asked(method, path, **more) as response:
            body = b"".join(self._pieces(response, self.bounds.answer))
        try:
            return json_of(body)
        except CannotSee:
            raise self._strange(what_it_is(body)) from None

    def _asked(self, method: str, path: str, **more: Any) -> requests.Response:
        left = self._ends - time.monotonic()
        if self.requests >= self.bounds.requests:
            raise Ended(f"{self.bounds.requests} requests were sent")
        if left <= 0:
            raise Ended(f"it took {self.bounds.seconds:g} s")
        self.requests += 1
        try:
            response = self._session.request(
                method,
                self.place.url + path,
                timeout=min(self.bounds.request_s, left),
                allow_redirects=False,
                stream=True,
                **more,
            )
        except _TROUBLE as error:
            raise self._network(error) from None
        if response.status_code != 200:
            with response:
                raise self._refused(response)
        return response

    def _pieces(self, response: requests.Response, most: int) -> Iterator[bytes]:
        """Each as soon as it is there, so that an answer which drips is noticed."""
        came = 0
        ends = self._ends if most == self.bounds.bytes else time.monotonic() + self.bounds.request_s
        try:
            while piece := response.raw.read1(PIECE):
                came += len(piece)
                self.bytes += len(piece)
                if self.bytes > self.bounds.bytes:
                    raise Ended(f"{self.bounds.bytes / 1e6:g} MB had come")
                if came > most:
                    raise Ended(f"an answer was longer than {most / 1e6:g} MB")
                if time.monotonic() > min(ends, self._ends):
                    raise Ended("an answer was still coming when its time was over")
                yield piece
        except _TROUBLE as error:
            raise self._network(error) from None

    # -- what is wrong ----------------------------------------------------------------------------------

    def _network(self, error: BaseException) -> CannotSee:
        seen = network_trouble(error)
        return CannotSee(f"{self.place.said}: {seen}", seen.reason)

    def _strange(self, what: str) -> CannotSee:
        return CannotSee(f"{self.place.said} answers {what}: is it {KINDS[self.place.kind]}?", "garbage")

    def _refused(self, response: requests.Response) -> CannotSee:
        status = response.status_code
        try:
            body = next(self._pieces(response, PIECE), b"")
        except CannotSee:
            body = b""
        page = what_it_is(body) == "an HTML page"
        said = "" if page else complaint(body)
        more = f": {said}" if said else " with an HTML page" if page else ""
        where = self.place.said
        if status in (301, 302, 303, 307, 308):
            to = clause(urlsplit(response.headers.get("Location", "")).netloc) or "another path"
            return CannotSee(
                f"{where} redirects to {to} (HTTP {status}), which is not followed: give the address itself",
                "http",
            )
        match status:
            case 401 if not self._known:
                return CannotSee(f"{where} wants credentials (HTTP 401): see --store-access", "auth")
            case 401:
                return CannotSee(f"{where} refuses the credentials (HTTP 401){more}", "auth")
            case 403:
                return CannotSee(
                    f"{where} does not let us search {self.place.what} (HTTP 403){more}", "denied"
                )
            case 404:
                return CannotSee(f"{where} has nothing there (HTTP 404){more}", "absent")
            case 400:
                return CannotSee(f"{where} refuses the search (HTTP 400){more}", "denied")
            case 429:
                return CannotSee(f"{where} has too much to do (HTTP 429){more}", "http")
        return CannotSee(f"{where} answers HTTP {status}{more}", "http")


def complaint(body: bytes) -> str:
    """What a store says is wrong, fit to be shown.

    >>> complaint(b'{"error":{"root_cause":[{"type":"x"}],"reason":"no such index [a]"},"status":404}')
    'no such index [a]'
    >>> complaint(b'{"messages":[{"type":"FATAL","text":"Unknown search command."}]}'), complaint(b"busy\\n")
    ('Unknown search command.', 'busy')
    """
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return clause(body[:300].decode(errors="replace"))
    if isinstance(told, dict) and isinstance(told.get("error"), dict):
        told = told["error"]
    if isinstance(told, dict) and isinstance(told.get("messages"), list) and told["messages"]:
        told = told["messages"][0]
    if isinstance(told, dict):
        for name in ("reason", "text", "message", "error"):
            if isinstance(told.get(name), str):
                return clause(told[name])
    return ""
