"""The OpenStack API as a place: one token, list calls in pages, all questions at once.

Who one is and where the cloud is, openstacksdk knows (clouds.yaml in its places, OS_* variables). Endpoints
come from the token's catalogue, and the version's path is added where a URL has none: that spares the
discovery requests.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any

from keystoneauth1 import exceptions as ksa
from requests import RequestException, Session

from mitate.collect.question import Answer, ApiQuestion, Question
from mitate.collect.transport.catalogue import Listed, api_url, listed, rows, try_all
from mitate.collect.transport.clouds import CloudEntry
from mitate.collect.transport.guard import permit
from mitate.collect.transport.lists import Asking
from mitate.collect.transport.threads import in_thread, unheard
from mitate.collect.transport.trouble import network_trouble
from mitate.collect.transport.web import Counter, mount
from mitate.model.errors import CannotSee
from mitate.model.source import API

AT_ONCE = 8
REQUEST_S = 10.0
QUESTION_S = 60.0


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

    def at_most(self, requests: int) -> None:
        """Send no more than that in all; whatever would need another cannot be seen."""
        self._counter.most = requests

    async def ask(self, questions: Sequence[Question]) -> Mapping[str, Answer | CannotSee]:
        for question in questions:
            permit(question)
            if not isinstance(question, ApiQuestion):
                raise PermissionError(f"{question.name!r} is no question to the API: it was not sent")
        asked = [question for question in questions if isinstance(question, ApiQuestion)]
        told = await asyncio.gather(*(self._one(question) for question in asked))
        return {question.called: answer for question, answer in zip(asked, told, strict=True)}

    async def _one(self, question: ApiQuestion) -> Answer | CannotSee:
        began, at = time.monotonic(), datetime.now(UTC)
        try:
            asking = await self._list(question) if question.service else None
            text, cut = asking.found() if asking else (await self._endpoints(), False)
        except CannotSee as seen:
            return seen
        return Answer(
            question=question.called,
            host=API,
            asked=asked_of(question, asking.version if asking else ""),
            at=at,
            text=text,
            took_s=round(time.monotonic() - began, 3),
            cut=cut,
            partial=asking.partial if asking else "",
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

    async def _list(self, question: ApiQuestion) -> Asking:
        """The list as it was read, with what was asked of its items once more. Raises CannotSee."""
        access = await self._access()
        url = self._entry.override(question.service) or _catalogue_url(access, self._entry, question.service)
        asking = Asking(self._session, question, api_url(question.service, url))
        await self._gated(asking.read)
        for again in question.again:
            try:
                async with asyncio.timeout(QUESTION_S):
                    await asyncio.gather(
                        *(self._gated(partial(asking.once_more, again, n)) for n in asking.chosen(again))
                    )
            except TimeoutError:
                asking.missed(again, f"no complete answer within {QUESTION_S:g} s")
        return asking

    async def _gated(self, call: Callable[[], None]) -> None:
        """In a thread, as one of the few at once. Raises CannotSee."""
        async with self._gate:
            try:
                async with asyncio.timeout(QUESTION_S):
                    await in_thread(call)
            except TimeoutError:
                raise CannotSee(f"no complete answer within {QUESTION_S:g} s", "timeout") from None


def asked_of(question: ApiQuestion, microversion: str = "") -> str:
    """The request line, as evidence shows it. microversion: the one that was taken."""
    if not question.service:
        return "GET every URL of the catalogue"
    taken = microversion or question.microversion
    version = f", microversion {taken}" if taken else ""
    then = ", ".join(again.path for again in question.again if again.into)
    return f"GET {question.sent}{f', then {then}' if then else ''} ({question.service}{version})"


def _catalogue_url(access: Any, entry: CloudEntry, service: str) -> str:
    interface = entry.interface(service)
    with suppress(ksa.ClientException):
        if url := access.service_catalog.url_for(
            service_type=service, interface=interface, region_name=entry.region or None
        ):
            return str(url)
    raise CannotSee(f"the catalogue has no {service} service", "absent")
