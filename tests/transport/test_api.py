"""The API as a place. Keystone and the services are imitated by a small HTTP server on the loopback."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from mitate.collect.question import Again, Answer
from mitate.collect.transport import catalogue
from mitate.collect.transport.api import ApiPlace
from mitate.collect.transport.clouds import open_cloud
from mitate.model.errors import CannotSee
from tests.transport.imitation import HTML, Imitation, Reply, Route, reply, write_clouds


@pytest.fixture
def cloud() -> Iterator[Imitation]:
    made = Imitation()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def opened(cloud: Imitation, tmp_path: Path) -> Callable[..., ApiPlace]:
    """Opens the API by a clouds.yaml that leads to the imitation, or to another auth URL."""

    def make(auth_url: str = "") -> ApiPlace:
        file = write_clouds(tmp_path, auth_url or f"{cloud.url}/v3")
        return open_cloud("test", file)

    return make


def ask(place: ApiPlace, registry: Any) -> Mapping[str, Answer | CannotSee]:
    return asyncio.run(place.ask(registry.questions))


def items(answer: Answer | CannotSee) -> Any:
    assert isinstance(answer, Answer), answer
    return json.loads(answer.text)


def why(answer: Answer | CannotSee) -> tuple[str, str]:
    assert isinstance(answer, CannotSee), answer
    return str(answer), answer.reason


def test_one_token_for_all_questions_and_no_needless_request(
    cloud: Imitation, opened: Callable[..., ApiPlace], registry: Any
) -> None:
    cloud.service("compute", "/v2.1")
    cloud.service("network")
    cloud.at("/v2.1/os-services", reply({"services": [{"id": 1, "host": "a", "secret": "x"}]}))
    cloud.at("/v2.0/agents", reply({"agents": [{"host": "a", "configurations": {"devices": 1, "more": 2}}]}))
    registry.api("services", "compute", "/os-services", "services", microversion="2.53", keep=("id", "host"))
    registry.api("agents", "network", "/agents", "agents", keep=("host", "configurations.devices"))
    place = opened()
    told = ask(place, registry)
    assert items(told["services"]) == [{"id": 1, "host": "a"}]
    assert items(told["agents"]) == [{"host": "a", "configurations": {"devices": 1}}]
    assert isinstance(told["services"], Answer)
    assert told["services"].asked == "GET /os-services (compute, microversion 2.53)"
    assert sorted(cloud.asked) == [
        "GET /v2.0/agents?limit=1000",
        "GET /v2.1/os-services",
        "POST /v3/auth/tokens",
    ]
    assert place.requests == 3
    sent = cloud.headers[cloud.asked.index("GET /v2.1/os-services")]
    assert sent["X-OpenStack-Nova-API-Version"] == "2.53"
    assert sent["X-Auth-Token"] == "the-token"


def test_asked_in_two_parts_there_is_still_one_token(
    cloud: Imitation, opened: Callable[..., ApiPlace], registry: Any
) -> None:
    cloud.service("compute", "/v2.1")
    cloud.at("/v2.1/a", reply({"l": []}))
    registry.api("a", "compute", "/a", "l")
    registry.api("b", "compute", "/a", "l")
    place = opened()

    async def twice() -> None:
        await asyncio.gather(*(place.ask([question]) for question in registry.questions))

    asyncio.run(twice())
    assert cloud.asked.count("POST /v3/auth/tokens") == 1


@pytest.mark.parametrize("path", ["", "/compute", "/v2.1", "/compute/v2.1/", "/v2/0123456789abcdef"])
def test_catalogue_urls_with_and_without_a_version(
    cloud: Imitation, opened: Callable[..., ApiPlace], registry: Any, path: str
) -> None:
    cloud.service("compute", path)
    root = path.rstrip("/") if "/v2" in path else f"{path}/v2.1"
    cloud.at(f"{root}/flavors", reply({"flavors": [{"id": "1"}]}))
    registry.api("flavors", "compute", "/flavors", "flavors", keep=("id",))
    assert items(ask(opened(), registry)["flavors"]) == [{"id": "1"}]


def test_nova_pages_by_links_whose_host_is_not_trusted(
    cloud: Imitation, opened: Callable[..., ApiPlace], registry: Any
) -> None:
    def servers(query: dict[str, str], headers: dict[str, str]) -> Reply:
        assert query["all_tenants"] == "1"
        first = int(query.get("marker", "0"))
        more = (
            [{"rel": "next", "href": f"http://evil.invalid/?marker={first + 2}&all_tenants=0"}]
            if first < 4
            else []
        )
        return reply({"servers": [{"id": first + 1}, {"id": first + 2}], "servers_links": more})

    cloud.service("compute", "/v2.1")
    cloud.at("/v2.1/servers/detail", servers)
    registry.api("servers", "compute", "/servers/detail?all_tenants=1", "servers", keep=("id",))
    assert [item["id"] for item in items(ask(opened(), registry)["servers"])] == [1, 2, 3, 4, 5, 6]
    assert "limit" not in " ".join(cloud.asked)


def test_items_that_a_list_tells_in_part_are_asked_for_by_themselves(
    cloud: Imitation, opened: Callable[..., ApiPlace], registry: Any
) -> None:
    """Nova leaves out the faults of other cells. A server that is gone by then stays as the list told it."""
    ids = [f"9f9a3ff1-d6a2-470e-b97e-12262f58b7a{i}" for i in range(5)]
    said = [{"id": id_, "status": "ERROR"} for id_ in ids]
    said[1]["status"], said[2]["fault"] = "ACTIVE", "told"
    cloud.service("compute", "/v2.1")
    cloud.at("/v2.1/servers/detail", reply({"servers": [*said, {"id": "../os-keypairs", "status": "ERROR"}]}))
    cloud.at(f"/v2.1/servers/{ids[0]}", reply({"server": {"id": ids[0], "status": "ERROR", "fault": "why"}}))
    cloud.at(f"/v2.1/servers/{ids[3]}", reply({"itemNotFound": {}}, 404))
    again = (Again(path="/servers/{id}", key="server", where=("status", "ERROR"), lacks="fault", most=2),)
    keep = ("id", "status", "fault")
    registry.api("servers", "compute", "/servers/detail", "servers", keep=keep, again=again)
    found = items(ask(opened(), registry)["servers"])
    assert [item.get("fault") for item in found] == ["why", None, "told", None, None, None]
    assert len([path for path in cloud.asked if path.startswith("GET /v2.1/servers/9f9a")]) == 2
    assert not [path for path in cloud.asked if "keypairs" in path]


def test_neutron_pages_with_and_without_links(
    cloud: Imitation, opened: Callable[..., ApiPlace], registry: Any
) -> None:
    def page(query: dict[str, str], key: str, links: bool) -> Reply:
        every = [{"id": f"{i}"} for i in range(5)]
        start = int(query["marker"]) + 1 if "marker" in query else 0
        here = every[start : start + int(query["limit"])]
        body: dict[str, Any] = {key: here}
        if links and start + len(here) < len(every):
            body[f"{key}_links"] = [{"rel": "next", "href": f"http://x/?limit=2&marker={here[-1]['id']}"}]
        return reply(body)

    cloud.service("network")
    cloud.at("/v2.0/ports", lambda query, headers: page(query, "ports", True))
    cloud.at("/v2.0/nets", lambda query, headers: page(query, "nets", False))
    cloud.at("/v2.0/groups", lambda query, headers: reply({"groups": [{"id": query["fields"]}]}))
    registry.api("ports", "network", "/ports", "ports", page_size=2, keep=("id",))
    registry.api("nets", "network", "/nets", "nets", page_size=2, keep=("id",))
    registry.api("groups", "network", "/groups?fields=id&fields=name", "groups", keep=("id",))
    told = ask(opened(), registry)
    assert [item["id"] for item in items(told["ports"])] == list("01234")
    assert [item["id"] for item in items(told["nets"])] == list("01234")
    assert "GET /v2.0/groups?fields=id&fields=name&limit=1000" in cloud.asked


def test_paging_that_turns_in_circles_ends(
    cloud: Imitation, opened: Callable[..., ApiPlace], registry: Any
) -> None:
    links = [{"rel": "next", "href": "http://x/?marker=7"}]
    cloud.service("compute", "/v2.1")
    cloud.at("/v2.1/servers", reply({"servers": [{"id": 7}], "servers_links": links}))
    registry.api("servers", "compute", "/servers", "servers", keep=("id",))
    assert len(items(ask(opened(), registry)["servers"])) == 2


def test_a_list_is_cut_at_its_limit_and_stays_json(
    cloud: Imitation, opened: Callable[..., ApiPlace], registry: Any
) -> None:
    cloud.service("compute", "/v2.1")
    cloud.at("/v2.1/servers", reply({"servers": [{"id": f"{i:08}"} for i in range(1000)]}))
    registry.api("servers", "compute", "/servers", "servers", keep=("id",), limit=1000)
    answer = ask(opened(), registry)["servers"]
    assert isinstance(answer, Answer)
    assert answer.cut
    assert len(answer.text) <= 1000
    assert len(items(answer)) > 10


@pytest.mark.parametrize(
    ("given", "says", "reason"),
    [
        (reply({}, 403), "needs the admin role (HTTP 403)", "denied"),
        (reply({}, 404), "this cloud's compute API has no /things (HTTP 404)", "absent"),
        (reply({}, 406), "the compute API does not know microversion 2.99 (HTTP 406)", "absent"),
        (reply({"e": {"message": "no database"}}, 500), "answers HTTP 500: no database", "http"),
        ((503, "text/html", b"<html>sorry"), "answers HTTP 503: an HTML page", "http"),
        ((200, "text/html", b"<html>hello"), "the answer is not JSON but an HTML page", "garbage"),
        ((200, "application/json", b"{" * 100_000), "the answer is not JSON but «{{", "garbage"),
        ((200, "application/json", b""), "the answer is not JSON but empty", "garbage"),
        (reply(["things"]), "the answer has no list 'things'", "garbage"),
        (reply({"things": 7}), "the answer has no list 'things'", "garbage"),
        ((302, "text/html", b""), "answers HTTP 302", "http"),
    ],
)
def test_one_call_that_fails_fails_alone(
    cloud: Imitation, opened: Callable[..., ApiPlace], registry: Any, given: Reply, says: str, reason: str
) -> None:
    cloud.service("compute", "/v2.1")
    cloud.at("/v2.1/things", given)
    cloud.at("/v2.1/fine", reply({"fine": []}))
    registry.api("things", "compute", "/things", "things", microversion="2.99")
    registry.api("fine", "compute", "/fine", "fine")
    registry.api("volumes", "block-storage", "/volumes", "volumes")
    told = ask(opened(), registry)
    said = why(told["things"])
    assert says in said[0]
    assert said[1] == reason
    assert items(told["fine"]) == []
    assert why(told["volumes"]) == ("the catalogue has no block-storage service", "absent")


def test_a_slow_call_costs_its_own_time(
    cloud: Imitation, opened: Callable[..., ApiPlace], registry: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mitate.collect.transport.api.REQUEST_S", 0.5)

    def slow(query: dict[str, str], headers: dict[str, str]) -> Reply:
        time.sleep(2)
        return reply({"slow": []})

    cloud.service("compute", "/v2.1")
    cloud.at("/v2.1/slow", slow)
    cloud.at("/v2.1/fine", reply({"fine": []}))
    registry.api("slow", "compute", "/slow", "slow")
    registry.api("fine", "compute", "/fine", "fine")
    began = time.monotonic()
    told = ask(opened(), registry)
    assert time.monotonic() - began < 1.9
    assert why(told["slow"]) == (f"the compute API at {cloud.url}: no answer in time", "timeout")
    assert items(told["fine"]) == []


@pytest.mark.parametrize(
    ("given", "says", "reason"),
    [
        (
            reply({"error": {"message": "no"}}, 401),
            "refuses the user name, password or project (HTTP 401)",
            "auth",
        ),
        (reply({}, 500), "gives no token: HTTP 500", "http"),
        (reply({}, 404), "gives no token: HTTP 404", "garbage"),
        ((200, "text/html", b"<html>Welcome"), "answers what no Keystone would", "garbage"),
        ((201, "application/json", b"{}"), "answers what no Keystone would", "garbage"),
        ((201, "application/json", b"not json"), "answers what no Keystone would", "garbage"),
    ],
)
def test_without_a_token_every_question_gets_the_same_reason(
    cloud: Imitation, opened: Callable[..., ApiPlace], registry: Any, given: Reply, says: str, reason: str
) -> None:
    cloud.routes["POST /v3/auth/tokens"] = lambda query, headers: given
    registry.api("services", "compute", "/os-services", "services")
    registry.api("agents", "network", "/agents", "agents")
    registry.api("endpoints", "", "endpoints", "endpoints")
    told = ask(opened(), registry)
    said = why(told["services"])
    assert said[0].startswith(f"Keystone ({cloud.url}/v3) {says}")
    assert said[1] == reason
    assert why(told["agents"]) == said
    (row,) = items(told["endpoints"])  # the auth URL's own, at least
    assert (row["service"], row["interface"], row["url"]) == ("identity", "auth", f"{cloud.url}/v3")


@pytest.mark.parametrize(
    ("url", "reason", "says"),
    [
        ("http://127.0.0.1:{free_port}/v3", "refused", "the connection was refused"),
        ("http://no-such-host.invalid:5000/v3", "dns", "the name does not resolve"),
        ("https://127.0.0.1:{http_port}/v3", "tls", "the TLS handshake failed (it does not speak TLS)"),
    ],
)
def test_keystone_out_of_reach(
    cloud: Imitation,
    opened: Callable[..., ApiPlace],
    registry: Any,
    free_port: int,
    url: str,
    reason: str,
    says: str,
) -> None:
    url = url.format(free_port=free_port, http_port=cloud.server.server_port)
    registry.api("services", "compute", "/os-services", "services")
    registry.api("endpoints", "", "endpoints", "endpoints")
    told = ask(opened(url), registry)
    said = why(told["services"])
    assert said[0].startswith(f"Keystone ({url}) cannot be reached: {says}")
    assert said[1] == reason
    (row,) = items(told["endpoints"])
    assert row["reason"] == reason


def test_every_endpoint_is_tried_once(
    cloud: Imitation,
    opened: Callable[..., ApiPlace],
    registry: Any,
    free_port: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(catalogue, "TRY_S", 0.5)

    def slow(query: dict[str, str], headers: dict[str, str]) -> Reply:
        time.sleep(1.5)
        return reply({})

    answers: dict[str, tuple[Reply | Route, str]] = {
        "fine": (reply({}), ""),
        "choices": (reply({"versions": []}, 300), ""),
        "locked": ((401, "text/html", b"<html>Unauthorized"), ""),
        "deeper": (reply({"code": 404}, 404), ""),
        "broken": (reply({}, 500), "http"),
        "page": ((200, "text/html", b"<html>It works!"), "garbage"),
        "lost": (HTML, "garbage"),
        "slow": (slow, "timeout"),
    }
    for kind, (given, _) in answers.items():
        cloud.service(kind, f"/{kind}")
        cloud.at(f"/{kind}", given)
    wrong = {
        "dns": "http://no-such-host.invalid:1234",
        "refused": f"http://127.0.0.1:{free_port}",
        "tls": cloud.url.replace("http:", "https:"),
        "garbage": "nonsense",
    }
    for kind, url in wrong.items():
        cloud.service(kind, url=url)
    cloud.catalogue[0]["endpoints"].append({**cloud.catalogue[0]["endpoints"][0], "interface": "internal"})
    registry.api("endpoints", "", "endpoints", "endpoints")
    rows = items(ask(opened(), registry)["endpoints"])
    seen = {row["service"]: row["reason"] for row in rows if row["interface"] == "public"}
    assert seen == {kind: reason for kind, (_, reason) in answers.items()} | {kind: kind for kind in wrong}
    assert [row["status"] for row in rows if row["service"] == "broken"] == [500]
    assert len([row for row in rows if row["service"] == "fine"]) == 2
    assert cloud.asked.count("GET /fine") == 1
    tried = [headers for line, headers in zip(cloud.asked, cloud.headers, strict=True) if line == "GET /fine"]
    assert "X-Auth-Token" not in tried[0]


def test_a_peer_that_speaks_no_http(opened: Callable[..., ApiPlace], registry: Any) -> None:
    async def main() -> Mapping[str, Answer | CannotSee]:
        async def banner(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(banner, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server:
            return await opened(f"http://127.0.0.1:{port}/v3").ask(registry.questions)

    registry.api("services", "compute", "/os-services", "services")
    registry.api("endpoints", "", "endpoints", "endpoints")
    told = asyncio.run(main())
    (row,) = items(told["endpoints"])
    assert row["reason"] == "garbage"
    assert isinstance(told["services"], CannotSee)


def test_free_text_in_answers_is_redacted_and_names_are_not(
    cloud: Imitation, opened: Callable[..., ApiPlace], registry: Any
) -> None:
    cloud.service("compute", "/v2.1")
    thing = {
        "name": "ams01r02u14",
        "fault": {"message": "Build failed with password=hunter2 and x9Kd82mQp1", "details": "secret"},
        "url": "mysql://nova:pw@db/nova",
    }
    cloud.at("/v2.1/things", reply({"things": [thing]}))
    registry.api("things", "compute", "/things", "things", keep=("name", "fault.message", "url"))
    (kept,) = items(ask(opened(), registry)["things"])
    assert kept == {
        "name": "ams01r02u14",
        "fault": {"message": "Build failed with password=«redacted» and «redacted»"},
        "url": "mysql://***@db/nova",
    }
