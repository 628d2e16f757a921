"""What the API is asked beyond one list: single objects, items once more, older microversions, and no more
requests than may be sent. The cloud is imitated by a small HTTP server on the loopback.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from mitate.collect.question import Again, Answer
from mitate.collect.transport.api import ApiPlace
from mitate.collect.transport.clouds import open_cloud
from mitate.model.errors import CannotSee
from tests.transport.imitation import HTML, Imitation, reply, write_clouds

ID = "9f9a3ff1-d6a2-470e-b97e-12262f58b7a"
REQUEST = "req-616a4d66-192a-42d7-9168-58ce31112603"


@pytest.fixture
def cloud() -> Iterator[Imitation]:
    made = Imitation()
    made.service("compute", "/v2.1")
    made.service("placement")
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def place(cloud: Imitation, tmp_path: Path) -> ApiPlace:
    return open_cloud("test", write_clouds(tmp_path, f"{cloud.url}/v3"))


def ask(place: ApiPlace, *questions: Any) -> Mapping[str, Answer | CannotSee]:
    return asyncio.run(place.ask(questions))


def one(place: ApiPlace, question: Any) -> Answer:
    answer = ask(place, question)[question.called]
    assert isinstance(answer, Answer), answer
    return answer


def items(answer: Answer) -> Any:
    return json.loads(answer.text)


def test_a_single_object_is_a_list_of_one(cloud: Imitation, place: ApiPlace, registry: Any) -> None:
    cloud.at("/v2.1/servers/x", reply({"server": {"id": "x", "adminPass": "secret"}}))
    cloud.at("/version", reply({"id": "v2.1", "versions": []}))
    server = registry.api("server", "compute", "/servers/x", "server", keep=("id",), single=True)
    bare = registry.api("bare", "placement", "/version", "", keep=("id",), single=True)
    assert items(one(place, server)) == [{"id": "x"}]
    assert items(one(place, bare)) == [{"id": "v2.1"}]


@pytest.mark.parametrize("body", [{}, {"server": []}, {"server": None}, {"server": "x"}, [], "x"])
def test_a_single_object_that_is_none(cloud: Imitation, place: ApiPlace, registry: Any, body: Any) -> None:
    cloud.at("/v2.1/servers/x", reply(body))
    asked = registry.api("server", "compute", "/servers/x", "server", keep=("id",), single=True)
    why = ask(place, asked)["server"]
    assert isinstance(why, CannotSee)
    assert why.reason == "garbage"


def test_slots_are_filled_into_path_and_query(cloud: Imitation, place: ApiPlace, registry: Any) -> None:
    cloud.at(f"/v2.1/servers/{ID}0", reply({"server": {"id": "x"}}))
    asked = registry.api(
        "server",
        *("compute", "/servers/{server}?name={name}", "server"),
        keep=("id",),
        single=True,
        slots=(("server", "uuid"), ("name", "name")),
    )
    filled = asked.filled(server=f"{ID}0", name="%5Eweb%24")
    answer = one(place, filled)
    assert answer.question == f"server:{ID}0:%5Eweb%24"
    assert answer.given == f"{ID}0:%5Eweb%24"
    assert answer.asked == f"GET /servers/{ID}0?name=%5Eweb%24 (compute)"
    assert cloud.asked[-1] == f"GET /v2.1/servers/{ID}0?name=%5Eweb%24"
    with pytest.raises(PermissionError, match="not sent"):
        ask(place, asked)


def test_what_is_not_there_is_told_from_what_the_cloud_lacks(
    cloud: Imitation, place: ApiPlace, registry: Any
) -> None:
    gone = {"itemNotFound": {"code": 404, "message": "Instance could not be found."}}
    cloud.at(f"/v2.1/servers/{ID}0", reply(gone, 404))
    slots = {"slots": (("server", "uuid"),), "keep": ("id",), "single": True}
    server = registry.api("server", "compute", "/servers/{server}", "server", **slots)
    for id_, reason in ((f"{ID}0", "missing"), (f"{ID}1", "absent")):  # the second: an HTML page
        filled = server.filled(server=id_)
        why = ask(place, filled)[filled.called]
        assert isinstance(why, CannotSee)
        assert why.reason == reason
    registry.sources.clear()
    cloud.at("/v2.1/things", reply(gone, 404))
    why = ask(place, registry.api("things", "compute", "/things", "things", keep=("id",)))["things"]
    assert isinstance(why, CannotSee)
    assert why.reason == "absent"


def refusing(newest: str, says: str, key: str, value: Any) -> Callable[[dict[str, str], dict[str, str]], Any]:
    """Answers up to a microversion, as a real service refuses what is newer."""

    def answer(query: dict[str, str], headers: dict[str, str]) -> Any:
        asked = headers["OpenStack-API-Version"].split()[-1]
        if [*map(int, asked.split("."))] > [*map(int, newest.split("."))]:
            return 406, "application/json", says.encode()
        return reply({key: value, "version": asked})

    return answer


NOVA = (
    '{"computeFault": {"code": 406, "message": "Version 2.100 is not supported by the API. '
    'Minimum is 2.1 and maximum is 2.93."}}'
)
PLACEMENT = (
    '{"errors": [{"status": 406, "title": "Not Acceptable", "detail": "Unacceptable version header: 1.39", '
    '"max_version": "1.30", "min_version": "1.0"}]}'
)


@pytest.mark.parametrize(
    ("says", "newest", "asked", "requests"),
    [(NOVA, "2.93", "2.79", 2), (PLACEMENT, "1.30", "1.29", 2), ("<html>", "2.93", "2.79", 3)],
)
def test_an_older_microversion_where_the_newest_is_unknown(
    cloud: Imitation, place: ApiPlace, registry: Any, says: str, newest: str, asked: str, requests: int
) -> None:
    """Who says what the newest is spares asking for those between."""
    cloud.at("/v2.1/things", refusing(newest, says, "things", [{"id": 1}]))
    versions = ("2.100", ("2.96", "2.79")) if asked == "2.79" else ("1.39", ("1.36", "1.29"))
    things = registry.api(
        *("things", "compute", "/things", "things"), keep=("id",), microversion=versions[0], older=versions[1]
    )
    answer = one(place, things)
    assert items(answer) == [{"id": 1}]
    assert answer.asked == f"GET /things (compute, microversion {asked})"
    assert len([path for path in cloud.asked if "things" in path]) == requests


def test_a_cloud_too_old_for_all_of_them(cloud: Imitation, place: ApiPlace, registry: Any) -> None:
    cloud.at("/v2.1/things", refusing("2.60", NOVA.replace("2.93", "2.60"), "things", []))
    things = registry.api(
        *("things", "compute", "/things", "things"), keep=("id",), microversion="2.100", older=("2.79",)
    )
    why = ask(place, things)["things"]
    assert str(why) == "the compute API does not know microversion 2.100 (HTTP 406)"


def test_a_refusal_is_an_answer_where_it_is_asked_for(
    cloud: Imitation, place: ApiPlace, registry: Any
) -> None:
    no = {"errors": [{"status": 400, "title": "Bad Request", "detail": "No such trait(s): CUSTOM_NOPE."}]}
    cloud.at("/candidates", reply(no, 400))
    cloud.at("/others", reply(no, 400))
    cloud.at("/dumb", (400, "text/html", b"<html>"))
    common = {"keep": ("refusal",), "single": True}
    yes = registry.api("yes", "placement", "/candidates", "", refusable=True, **common)
    dumb = registry.api("dumb", "placement", "/dumb", "", refusable=True, **common)
    no_ = registry.api("no", "placement", "/others", "", **common)
    assert items(one(place, yes)) == [{"refusal": "No such trait(s): CUSTOM_NOPE."}]
    assert items(one(place, dumb)) == [{"refusal": "HTTP 400"}]
    assert isinstance(ask(place, no_)["no"], CannotSee)


def providers(cloud: Imitation, number: int) -> list[str]:
    ids = [f"{i:08x}-0000-4000-8000-000000000000" for i in range(number)]
    cloud.at("/resource_providers", reply({"resource_providers": [{"uuid": id_} for id_ in ids]}))
    for id_ in ids:
        cloud.at(f"/resource_providers/{id_}/traits", reply({"traits": [f"T{id_[:8]}"], "generation": 7}))
    return ids


def every(registry: Any, again: Again, **more: Any) -> Any:
    path = "/resource_providers"
    keep = ("uuid", "traits")
    return registry.api("all", "placement", path, "resource_providers", keep=keep, again=(again,), **more)


AGAIN = Again(path="/resource_providers/{uuid}/traits", key="traits", into="traits", most=3)


def test_items_are_asked_about_and_the_answer_joins_them(
    cloud: Imitation, place: ApiPlace, registry: Any
) -> None:
    providers(cloud, 3)
    asked = every(registry, AGAIN)
    answer = one(place, asked)
    assert [item["traits"] for item in items(answer)] == [["T00000000"], ["T00000001"], ["T00000002"]]
    assert not answer.partial
    assert not answer.cut


def test_no_more_than_so_many_items_are_asked_about_and_it_is_said(
    cloud: Imitation, place: ApiPlace, registry: Any
) -> None:
    providers(cloud, 10)
    asked = every(registry, AGAIN)
    answer = one(place, asked)
    assert sum("traits" in item for item in items(answer)) == 3
    assert answer.partial == "only the first 3 were asked about, and not 7 more"
    assert len([path for path in cloud.asked if path.endswith("/traits")]) == 3


@pytest.mark.parametrize(
    ("told", "partial"),
    [
        (reply({"errors": [{"detail": "No resource provider"}]}, 404), ""),  # deleted meanwhile
        (reply({}, 500), "answers HTTP 500"),
        (reply({"other": 1}), "the answer has no 'traits'"),
        (HTML, "has no /resource_providers"),
    ],
)
def test_an_item_that_cannot_be_asked_about(
    cloud: Imitation, place: ApiPlace, registry: Any, told: Any, partial: str
) -> None:
    ids = providers(cloud, 2)
    cloud.at(f"/resource_providers/{ids[0]}/traits", told)
    asked = every(registry, AGAIN)
    answer = one(place, asked)
    assert [item.get("traits") for item in items(answer)] == [None, ["T00000001"]]
    assert partial in answer.partial
    assert bool(partial) == bool(answer.partial)


def test_a_later_question_goes_by_what_an_earlier_one_brought(
    cloud: Imitation, place: ApiPlace, registry: Any
) -> None:
    """No id in what the service says leads anywhere but to an id."""
    said = [{"id": f"{ID}{i}"} for i in range(3)]
    cloud.at("/v2.1/servers", reply({"servers": said}))
    requests = (REQUEST, "../../os-keypairs", None)
    for i, request in enumerate(requests):
        actions = [{"request_id": request, "secret": 1}] if request else []
        cloud.at(f"/v2.1/servers/{ID}{i}/actions", reply({"actions": actions}))
    cloud.at(f"/v2.1/servers/{ID}0/actions/{REQUEST}", reply({"action": {"events": [{"event": "e"}]}}))
    asked = registry.api(
        *("failed", "compute", "/servers", "servers"),
        keep=("id", "actions.request_id", "newest.events.event"),
        again=(
            Again(path="/servers/{id}/actions", key="actions", into="actions"),
            Again(path="/servers/{id}/actions/{actions.0.request_id}", key="action", into="newest"),
        ),
    )
    found = items(one(place, asked))
    assert found[0] == {
        "id": f"{ID}0",
        "actions": [{"request_id": REQUEST}],
        "newest": {"events": [{"event": "e"}]},
    }
    assert [item.get("newest") for item in found[1:]] == [None, None]
    assert not [path for path in cloud.asked if "keypairs" in path]


def test_what_joins_the_items_is_cut_at_the_limit_too(
    cloud: Imitation, place: ApiPlace, registry: Any
) -> None:
    ids = providers(cloud, 3)
    cloud.at(f"/resource_providers/{ids[2]}/traits", reply({"traits": ["T" * 60] * 100}))
    asked = every(registry, AGAIN, limit=1000)
    answer = one(place, asked)
    assert answer.cut
    assert len(answer.text) <= 1000
    assert [item["uuid"] for item in items(answer)] == ids[:2]


def test_pages_by_offset(cloud: Imitation, place: ApiPlace, registry: Any) -> None:
    """Nova gives server groups a thousand at a time, and does not say that there are more."""
    groups = [{"id": i} for i in range(250)]

    def answer(query: dict[str, str], headers: dict[str, str]) -> Any:
        start = int(query.get("offset", 0))
        return reply({"server_groups": groups[start : start + 100]})

    cloud.at("/v2.1/os-server-groups", answer)
    path = "/os-server-groups?all_projects=1"
    asked = registry.api("groups", "compute", path, "server_groups", keep=("id",), by_offset=True)
    assert [item["id"] for item in items(one(place, asked))] == list(range(250))
    assert len([path for path in cloud.asked if "groups" in path]) == 3


def test_only_so_many_pages(cloud: Imitation, place: ApiPlace, registry: Any) -> None:
    page = {"servers": [{"id": 1}], "servers_links": [{"rel": "next", "href": "x?marker=1"}]}
    cloud.at("/v2.1/servers", reply(page))
    asked = registry.api("servers", "compute", "/servers", "servers", keep=("id",), pages=1)
    answer = one(place, asked)
    assert answer.partial == "only the first 1 were read"
    assert len([path for path in cloud.asked if "servers" in path]) == 1


def test_no_more_requests_than_may_be_sent(cloud: Imitation, place: ApiPlace, registry: Any) -> None:
    """The token counts. A list that was begun keeps its first pages; what was not begun cannot be seen."""

    def endless(query: dict[str, str], headers: dict[str, str]) -> Any:
        here = int(query.get("marker", 0)) + 1
        links = [{"rel": "next", "href": f"x?marker={here}"}]
        return reply({"servers": [{"id": here}], "servers_links": links})

    cloud.at("/v2.1/servers", endless)
    cloud.at("/things", reply({"things": []}))
    servers = registry.api("servers", "compute", "/servers", "servers", keep=("id",))
    things = registry.api("things", "placement", "/things", "things", keep=("id",))
    place.at_most(5)

    async def both() -> tuple[Any, Any]:
        return await place.ask([servers]), await place.ask([things])

    first, then = asyncio.run(both())
    assert len(items(first["servers"])) == 4
    assert "more than the 5 requests" in first["servers"].partial
    assert isinstance(then["things"], CannotSee)
    assert then["things"].reason == "cut"
    assert place.requests == 5
    assert len(cloud.asked) == 5


def test_followers_run_side_by_side_but_few_at_once(cloud: Imitation, place: ApiPlace, registry: Any) -> None:
    here, most, lock = 0, 0, threading.Lock()

    def slow(query: dict[str, str], headers: dict[str, str]) -> Any:
        nonlocal here, most
        with lock:
            here += 1
            most = max(most, here)
        time.sleep(0.05)
        with lock:
            here -= 1
        return reply({"traits": []})

    for id_ in providers(cloud, 30):
        cloud.at(f"/resource_providers/{id_}/traits", slow)
    again = Again(path="/resource_providers/{uuid}/traits", key="traits", into="traits")
    asked = every(registry, again)
    one(place, asked)
    assert 2 <= most <= 8
