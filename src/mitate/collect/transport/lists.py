"""A list of the API, page by page, and what is asked of its items once more. It blocks, so threads run it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec
from keystoneauth1 import exceptions as ksa
from requests import RequestException

from mitate.collect.question import Again, ApiQuestion
from mitate.collect.slots import fits
from mitate.collect.transport.keep import kept
from mitate.collect.transport.trouble import network_trouble
from mitate.collect.transport.web import Spent, body_of, complaint, json_of, what_it_is
from mitate.model.errors import CannotSee

REQUEST_S = 10.0
PAGED = frozenset({"network", "image", "block-storage"})
"""Services whose lists take ``limit``. Others refuse what they do not know (nova since 2.75, placement), or
page by themselves: nova cuts at its own max_limit and says where it goes on."""
FEW = 100
"""Items. No service cuts its pages shorter than this, so fewer are the last."""
BETWEEN = ",\n"
Query = list[tuple[str, str]]
_NEWEST = re.compile(rb'(?:maximum is |max_version": ?")(\d{1,3})\.(\d{1,4})')
_MEMBER = re.compile(r"\{([a-zA-Z0-9_.]+)\}")


class Asking:
    """One question to the API, while it is being asked: the kept fields of every item, as JSON.

    session: of keystoneauth. base: the URL before the question's path. partial: why not all was asked that
    the question would have liked to know.
    """

    def __init__(self, session: Any, question: ApiQuestion, base: str) -> None:
        self.version, *self._older = question.microversion, *question.older
        self.partial = ""
        self._session, self._question, self._base = session, question, base
        self._items: list[bytes] = []
        self._size = len(_array([]))
        self._cut = False
        self._held: dict[int, dict[str, Any]] = {}
        """By number: the items that are asked about once more."""
        self._passed = 0
        """Items that would be asked about, too, if they were not too many."""

    def found(self) -> tuple[str, bool]:
        """The JSON array of the items, and whether it was cut at the question's limit."""
        for number, item in self._held.items():
            whole = msgspec.json.encode(item)
            self._size += len(whole) - len(self._items[number])
            self._items[number] = whole
        while self._size > self._question.limit and self._items:
            self._size -= len(self._items.pop()) + len(BETWEEN)
            self._cut = True
        return _array(self._items), self._cut

    # -- the list ---------------------------------------------------------------------------------------

    def read(self) -> None:
        """Every page. Raises CannotSee."""
        path, _, query = self._question.sent.partition("?")
        given = parse_qsl(query, keep_blank_values=True)
        if self._question.service in PAGED and not self._question.single:
            given.append(("limit", str(self._question.page_size)))
        turn: dict[str, str] = {}
        turned: set[str] = set()
        for _ in range(self._question.pages):
            try:
                page = self._get(
                    f"{self._base}{path}", [pair for pair in given if pair[0] not in turn] + [*turn.items()]
                )
            except Spent as spent:
                if not self._items:
                    raise
                self.partial = str(spent)
                return
            here = self._rows(page)
            if not all(self._add(told) for told in here):
                return
            turn = self._next(page, here)
            marker = urlencode(turn)
            if not turn or marker in turned:
                return
            turned.add(marker)
        self.partial = f"only the first {len(self._items)} were read"

    def _rows(self, page: Any) -> list[Any]:
        question = self._question
        told = page
        if question.key:
            told = page.get(question.key) if isinstance(page, dict) else None
        if isinstance(told, dict) and question.single:
            return [told]
        if not isinstance(told, list) or question.single:
            what = "object" if question.single else "list"
            raise CannotSee(f"the answer has no {what} {question.key!r}", "garbage")
        return told

    def _add(self, told: Any) -> bool:
        """One more item; False when the answer is full."""
        item = kept(told, self._question.keep)
        self._items.append(msgspec.json.encode(item))
        self._size += len(self._items[-1]) + len(BETWEEN)
        if self._size > self._question.limit:
            self._size -= len(self._items.pop()) + len(BETWEEN)
            self._cut = True
            return False
        if any(_meant(again, item) for again in self._question.again):
            if len(self._held) < max(again.most for again in self._question.again):
                self._held[len(self._items) - 1] = item
            else:
                self._passed += 1
        return True

    def _next(self, page: Any, here: list[Any]) -> dict[str, str]:
        """What to add to the query for the next page; empty after the last.

        Of a link only the query counts: its host and scheme are often wrong behind a proxy, and our token
        goes nowhere but to the catalogue's URL.
        """
        question = self._question
        if question.single:
            return {}
        if question.by_offset:
            return {"offset": str(len(self._items))} if len(here) >= FEW else {}
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

    # -- its items --------------------------------------------------------------------------------------

    def chosen(self, again: Again) -> list[int]:
        """The numbers of the items that are asked about, as far as they can be."""
        chosen = [number for number, item in self._held.items() if _meant(again, item)][: again.most]
        if self._passed and again.into:
            self.missed(again, f"only the first {again.most} were asked about, and not {self._passed} more")
        return chosen

    def once_more(self, again: Again, number: int) -> None:
        """One item by itself. Where it cannot be had, the list's word must do."""
        item = self._held[number]
        path = _path(again.path, item)
        if not path:
            return
        try:
            body = self._get(f"{self._base}{path}", [], one=True)
        except CannotSee as why:
            if why.reason != "missing":  # else it was deleted meanwhile
                self.missed(again, str(why))
            return
        told = body.get(again.key) if isinstance(body, dict) else None
        if told is None:
            self.missed(again, f"the answer has no {again.key!r}")
        elif again.into:
            item.update(kept({again.into: told}, self._question.keep))
        elif isinstance(told, dict):
            self._held[number] = kept(told, self._question.keep)

    def missed(self, again: Again, why: str) -> None:
        """Say that not all could be asked, where there is no other word for it."""
        if again.into and not self.partial:
            self.partial = why

    # -- one request ------------------------------------------------------------------------------------

    def _get(self, url: str, query: Query, one: bool = False) -> Any:
        """The JSON of the answer. one: of one thing, which may not be there. Raises CannotSee."""
        while True:
            status, body = self._request(f"{url}?{urlencode(query)}" if query else url)
            if status == 200:
                return json_of(body)
            if status == 406 and (older := _known(self._older, body)):
                self.version, *self._older = older
            elif status == 400 and self._question.refusable:
                return self._refused(complaint(body))
            else:
                raise self._refusal(status, url, body, one or bool(self._question.slots))

    def _request(self, url: str) -> tuple[int, bytes]:
        service, version = self._question.service, self.version
        try:
            response = self._session.get(
                url,
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
                return response.status_code, body_of(response, REQUEST_S)
        except (ksa.ClientException, RequestException) as error:
            seen = network_trouble(error)
            raise CannotSee(f"the {service} API at {_root(url)}: {seen}", seen.reason) from None

    def _refused(self, said: str) -> dict[str, Any]:
        told = {"refusal": said or "HTTP 400"}
        return {self._question.key: told} if self._question.key else told

    def _refusal(self, status: int, url: str, body: bytes, one: bool) -> CannotSee:
        service, said = self._question.service, complaint(body)
        more = f": {said}" if said else ""
        match status:
            case 401:
                return CannotSee(f"the {service} API refuses the token (HTTP 401){more}", "auth")
            case 403:
                return CannotSee("needs the admin role (HTTP 403)", "denied")
            case 404 if one and said:
                return CannotSee(f"{said} (HTTP 404)", "missing")
            case 404:
                return CannotSee(
                    f"this cloud's {service} API has no {self._question.sent} (HTTP 404)", "absent"
                )
            case 406:
                return CannotSee(
                    f"the {service} API does not know microversion {self.version} (HTTP 406)", "absent"
                )
        if not said and what_it_is(body) == "an HTML page":
            more = ": an HTML page"
        return CannotSee(f"the {service} API at {_root(url)} answers HTTP {status}{more}", "http")


def _known(versions: Sequence[str], body: bytes) -> Sequence[str]:
    """Of some microversions those that the service may know: it says its newest where it refuses one."""
    newest = _NEWEST.search(body[:2000])
    if newest is None:
        return versions
    most = (int(newest[1]), int(newest[2]))
    return [each for each in versions if tuple(map(int, each.split("."))) <= most]


def _meant(again: Again, item: Any) -> bool:
    """Whether an item is one of those that are asked about."""
    if not isinstance(item, dict) or (again.lacks and again.lacks in item):
        return False
    return again.where is None or item.get(again.where[0]) == again.where[1]


def _path(path: str, item: Any) -> str:
    """The path with members of the item in it; "" when one of them is missing, or is no id."""
    for name in _MEMBER.findall(path):
        here: Any = item
        for step in name.split("."):
            if isinstance(here, list):
                here = here[int(step)] if step.isdecimal() and int(step) < len(here) else None
            else:
                here = here.get(step) if isinstance(here, dict) else None
        if not isinstance(here, str) or not fits("id", here):
            return ""
        path = path.replace(f"{{{name}}}", here)
    return path


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
