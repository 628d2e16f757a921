"""The OpenStack API as a place: one token, list calls in pages, all questions at once.

Who one is and where the cloud is, openstacksdk knows (clouds.yaml in its places, OS_* variables). Endpoints
come from the token's catalogue, and the version's path is added where a URL has none: that spares the
discovery requests.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec
from keystoneauth1 import exceptions as ksa
from requests import RequestException, Session

from mitate.collect.question import Again, Answer, ApiQuestion, Question
from mitate.collect.transport.catalogue import Listed, api_url, listed, rows, try_all
from mitate.collect.transport.clouds import CloudEntry
from mitate.collect.transport.guard import permit
from mitate.collect.transport.keep import kept
from mitate.collect.transport.threads import in_thread, unheard
from mitate.collect.transport.trouble import network_trouble
from mitate.collect.transport.web import Counter, body_of, complaint, json_of, mount, what_it_is
from mitate.model.errors import CannotSee
from mitate.model.source import API

AT_ONCE = 8
REQUEST_S = 10.0
QUESTION_S = 60.0
PAGED = frozenset({"network", "image", "block-storage"})
"""Services whose lists take ``limit``. Others refuse what they do not know (nova since 2.75, placement), or
page by themselves: nova cuts at its own max_limit and says where it goes on."""
MAX_PAGES = 10_000
BETWEEN = ",\n"
Query = list[tuple[str, str]]
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class ApiPlace:
    """``requests`` counts what was really sent. Made by ``clouds.open_cloud``."""

    name = API
    hostname = ""
    contact = None

    def __init__(self, entry: CloudEntry) -> None:
        self.cloud = entry.name
        self._entry = entry
        self._counter = Counter()
        self._session = entry.session()
        self._session.timeout = REQUEST_S
        mount(self._session.session, self._counter, AT_ONCE)
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._token: asyncio.Task[Any] | None = None

    @property
    def requests(self) -> int:
        return self._counter.requests

    async def ask(self, questions: Sequence[Question]) -> Mapping[str, Answer | CannotSee]:
        for question in questions:
            permit(question)
            if not isinstance(question, ApiQuestion):
                raise PermissionError(f"{question.name!r} is no question to the API: it was not sent")
        asked = [question for question in questions if isinstance(question, ApiQuestion)]
        told = await asyncio.gather(*(self._one(question) for question in asked))
        return {question.name: answer for question, answer in zip(asked, told, strict=True)}

    async def _one(self, question: ApiQuestion) -> Answer | CannotSee:
        began, at = time.monotonic(), datetime.now(UTC)
        try:
            if question.service:
                text, cut = await self._list(question)
            else:
                text, cut = await self._endpoints(), False
        except CannotSee as seen:
            return seen
        return Answer(
            question.name, API, asked_of(question), at, text, round(time.monotonic() - began, 3), cut
        )

    async def _access(self) -> Any:
        """The token with its catalogue, asked for once. Raises CannotSee, the same to all who want it."""
        if self._token is None:
            self._token = asyncio.create_task(self._authenticate())
            self._token.add_done_callback(unheard)
        return await asyncio.shield(self._token)

    async def _authenticate(self) -> Any:
        auth = self._session.auth
        try:
            async with asyncio.timeout(3 * REQUEST_S):
                return await in_thread(partial(auth.get_access, self._session))
        except TimeoutError:
            raise CannotSee(f"Keystone ({self._entry.auth_url}) gives no token in time", "timeout") from None
        except Exception as error:
            raise self._no_token(error) from None

    def _no_token(self, error: Exception) -> CannotSee:
        where = f"Keystone ({self._entry.auth_url})"
        if isinstance(error, ksa.Unauthorized):
            return CannotSee(f"{where} refuses the user name, password or project (HTTP 401)", "auth")
        if isinstance(error, ksa.HttpError):
            reason = (
                "http"
                if (error.http_status or 0) >= 500
                else "garbage"
                if error.http_status == 404
                else "auth"
            )
            return CannotSee(f"{where} gives no token: HTTP {error.http_status}", reason)
        if isinstance(
            error,
            ksa.ConnectFailure | ksa.SSLError | ksa.UnknownConnectionError | RequestException,
        ):
            seen = network_trouble(error)
            return CannotSee(f"{where} cannot be reached: {seen}", seen.reason)
        if isinstance(error, ksa.AuthorizationFailure | ksa.MissingRequiredOptions | ksa.AuthPluginException):
            return CannotSee(f"the credentials for {where} are incomplete or do not fit it", "auth")
        return CannotSee(f"{where} answers what no Keystone would ({type(error).__name__})", "garbage")

    async def _endpoints(self) -> str:
        every = [Listed("identity", "auth", self._entry.region, self._entry.auth_url)]
        with suppress(CannotSee):
            every += listed((await self._access()).service_catalog.catalog)
        return rows(await try_all(every, self._plain_session, asyncio.Semaphore(4 * AT_ONCE)))

    def _plain_session(self) -> Session:
        """Without the token: what is tried may be anybody's."""
        session = mount(Session(), self._counter, 1)
        session.verify, session.cert = self._session.verify, self._session.cert
        return session

    async def _list(self, question: ApiQuestion) -> tuple[str, bool]:
        """The kept fields of every item of every page, as JSON; whether the list was cut at the limit."""
        access = await self._access()
        url = self._entry.override(question.service) or _catalogue_url(access, self._entry, question.service)
        async with self._gate:
            try:
                async with asyncio.timeout(QUESTION_S):
                    return await in_thread(partial(self._pages, question, api_url(question.service, url)))
            except TimeoutError:
                raise CannotSee(f"no complete answer within {QUESTION_S:g} s", "timeout") from None

    def _pages(self, question: ApiQuestion, base: str) -> tuple[str, bool]:
        path, _, query = question.path.partition("?")
        given = parse_qsl(query, keep_blank_values=True)
        if question.service in PAGED:
            given.append(("limit", str(question.page_size)))
        items: list[bytes] = []
        size = len(_array([]))
        turn: dict[str, str] = {}
        turned: set[str] = set()
        spent = 0
        for _ in range(MAX_PAGES):
            page = self._page(
                question, f"{base}{path}", [pair for pair in given if pair[0] not in turn] + [*turn.items()]
            )
            here = page.get(question.key) if isinstance(page, dict) else None
            if not isinstance(here, list):
                raise CannotSee(f"the answer has no list {question.key!r}", "garbage")
            for told in here:
                item, single = told, _again(question.again, told)
                if question.again and single and spent < question.again.most:
                    spent += 1
                    item = self._whole(question, f"{base}{single}", question.again.key) or told
                items.append(msgspec.json.encode(kept(item, question.keep)))
                size += len(items[-1]) + len(BETWEEN)
                if size > question.limit:
                    return _array(items[:-1]), True
            turn = _next(page, question, here)
            marker = urlencode(turn)
            if not turn or marker in turned:
                break
            turned.add(marker)
        return _array(items), False

    def _whole(self, question: ApiQuestion, url: str, key: str) -> Any:
        """One item by itself; None when it cannot be had: then the list's word must do."""
        with suppress(CannotSee):
            body = self._page(question, url, [])
            found = body.get(key) if isinstance(body, dict) else None
            return found if isinstance(found, dict) else None
        return None

    def _page(self, question: ApiQuestion, url: str, query: Query) -> Any:
        service, version = question.service, question.microversion
        try:
            response = self._session.get(
                f"{url}?{urlencode(query)}" if query else url,
                headers={"Accept": "application/json"},
                endpoint_override=None,
                endpoint_filter={"service_type": service} if version else None,
                microversion=version or None,
                microversion_service_type=service if version else None,
                raise_exc=False,
                redirect=False,
                stream=True,
                connect_retries=0,
                log=False,
            )
            with response:
                body = body_of(response, REQUEST_S)
        except (ksa.ClientException, RequestException) as error:
            seen = network_trouble(error)
            raise CannotSee(f"the {service} API at {_root(url)}: {seen}", seen.reason) from None
        if response.status_code == 200:
            return json_of(body)
        raise _refusal(response.status_code, question, url, body)


def _again(again: Again | None, item: Any) -> str:
    """The path of an item that the list told in part; "" when there is no need to ask once more."""
    if again is None or not isinstance(item, dict) or again.lacks in item:
        return ""
    member, value = again.where
    id_ = item.get("id")
    if item.get(member) != value or not isinstance(id_, str) or not UUID.fullmatch(id_):
        return ""
    return f"{again.path}/{id_}"


def _refusal(status: int, question: ApiQuestion, url: str, body: bytes) -> CannotSee:
    said = complaint(body)
    more = f": {said}" if said else ""
    match status:
        case 401:
            return CannotSee(f"the {question.service} API refuses the token (HTTP 401){more}", "auth")
        case 403:
            return CannotSee("needs the admin role (HTTP 403)", "denied")
        case 404:
            return CannotSee(
                f"this cloud's {question.service} API has no {question.path} (HTTP 404)", "absent"
            )
        case 406:
            version = question.microversion
            return CannotSee(
                f"the {question.service} API does not know microversion {version} (HTTP 406)", "absent"
            )
    if not said and what_it_is(body) == "an HTML page":
        more = ": an HTML page"
    return CannotSee(f"the {question.service} API at {_root(url)} answers HTTP {status}{more}", "http")


def asked_of(question: ApiQuestion) -> str:
    """The request line, as evidence shows it."""
    if not question.service:
        return "GET every URL of the catalogue"
    version = f", microversion {question.microversion}" if question.microversion else ""
    return f"GET {question.path} ({question.service}{version})"


def _catalogue_url(access: Any, entry: CloudEntry, service: str) -> str:
    interface = entry.interface(service)
    with suppress(ksa.ClientException):
        if url := access.service_catalog.url_for(
            service_type=service, interface=interface, region_name=entry.region or None
        ):
            return str(url)
    raise CannotSee(f"the catalogue has no {service} service", "absent")


def _next(page: Any, question: ApiQuestion, here: list[Any]) -> dict[str, str]:
    """What to add to the query for the next page; empty after the last.

    Of a link only the query counts: its host and scheme are often wrong behind a proxy, and our token goes
    nowhere but to the catalogue's URL.
    """
    links = page.get(f"{question.key}_links")
    if isinstance(links, list):
        for link in links:
            if isinstance(link, dict) and link.get("rel") == "next":
                return _turn(str(link.get("href", "")))
        return {}
    if isinstance(page.get("next"), str):
        return _turn(page["next"])
    last = here[-1].get("id") if here and isinstance(here[-1], dict) else None
    if question.service == "network" and isinstance(last, str) and len(here) >= question.page_size:
        return {"marker": last}
    return {}


def _turn(href: str) -> dict[str, str]:
    query = dict(parse_qsl(urlsplit(href).query))
    return {
        name: query[name]
        for name in ("marker", "limit", "page_reverse")
        if name in query and "marker" in query
    }


def _array(items: Sequence[bytes]) -> str:
    return "[" + BETWEEN.join(item.decode() for item in items) + "]"


def _root(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
