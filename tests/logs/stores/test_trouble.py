"""What a store does wrong becomes one clear sentence and an exit status; nothing is silently fewer."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mitate.cli.main import main
from mitate.collect.logs.stores.access import Access
from mitate.collect.logs.stores.client import Bounds
from mitate.model.errors import CannotStart
from mitate.report.logs.words import status
from tests.logs.cloud import T0
from tests.logs.stores.conftest import Asks, Serve, as_kolla, as_loki, as_splunk, failing
from tests.logs.stores.imitation import Elasticsearch, Loki, Reply, Splunk, as_json

STREAMS = '{job="openstack"}'
KINDS = [("opensearch", "flog-*"), ("loki", STREAMS), ("splunk", "index=openstack")]
GOOD: dict[str, Callable[[], Any]] = {
    "opensearch": lambda: Elasticsearch(as_kolla(failing())),
    "loki": lambda: Loki(as_loki(failing())),
    "splunk": lambda: Splunk(as_splunk(failing())),
}
HTML = b"<!DOCTYPE html><html><body>Log in</body></html>"


def always(*reply: Any) -> Callable[..., Any]:
    return lambda method, path, body: reply


def then(first: int, good: Any, bad: Any) -> Callable[..., Any]:
    """Good for some requests, then bad."""
    count = iter(range(10**6))

    def answer(*asked: Any) -> Any:
        return (good if next(count) < first else bad)(*asked)

    return answer


@pytest.mark.parametrize(("kind", "what"), KINDS)
@pytest.mark.parametrize(
    ("code", "says"),
    [
        (401, "wants credentials"),
        (403, "does not let us search"),
        (400, "refuses the search (HTTP 400): bad"),
    ],
)
def test_refused(kind: str, what: str, code: int, says: str, serve: Serve, ask: Asks) -> None:
    """A matter of what was given: it could not start."""
    with pytest.raises(CannotStart) as raised:
        ask(kind, serve(always(*as_json({"error": {"reason": "bad"}}, code))), what)
    assert says in str(raised.value)


def test_refused_credentials(serve: Serve, ask: Asks) -> None:
    server = serve(always(401, "text/html", HTML))
    with pytest.raises(CannotStart) as raised:
        ask("opensearch", server, access=Access(user="me", password="geheim77"))
    assert "refuses the credentials (HTTP 401) with an HTML page" in str(raised.value)
    assert "geheim77" not in str(raised.value)


BAD: list[tuple[str, Reply, str]] = [
    ("404", as_json({}, 404), "has nothing there (HTTP 404)"),
    ("429", (429, "text/plain", b"too many outstanding requests"), "too many outstanding requests"),
    ("500", (500, "text/html", HTML), "HTTP 500 with an HTML page"),
    ("503", as_json({"error": {"reason": "no\x1b[31m shard\x00s"}}, 503), "HTTP 503: no"),
    ("redirect", (302, "text/plain", b"https://elsewhere.example/login"), "redirects to elsewhere.example"),
    ("html", (200, "text/html", HTML), "answers"),
    ("empty", (200, "application/json", b""), ""),
    ("deep", (200, "application/json", b"[" * 100_000), "answers"),
    ("null", (200, "application/json", b"null"), "answers"),
    ("list", (200, "application/json", b"[1]"), "answers"),
    ("hits", as_json({"hits": {"hits": [1]}, "data": {"resultType": "streams", "result": [3]}}), ""),
    ("sort", as_json({"hits": {"hits": [{"sort": ["x"]}]}, "data": {"resultType": "matrix"}}), ""),
    ("utf-8", (200, "application/json", b'{"a": "\xff\xfe"}'), ""),
    (
        "values",
        as_json({"data": {"resultType": "streams", "result": [{"stream": {}, "values": [["9" * 30, ""]]}]}}),
        "",
    ),
    ("at", as_json({"result": {"mitate_at": "inf", "_raw": "ERROR"}}), ""),
    ("fatal", as_json({"messages": [{"type": "FATAL", "text": "it died"}]}), ""),
]


@pytest.mark.parametrize(("kind", "what"), KINDS)
@pytest.mark.parametrize(("reply", "says"), [each[1:] for each in BAD], ids=[each[0] for each in BAD])
def test_nothing_seen(kind: str, what: str, reply: Reply, says: str, serve: Serve, ask: Asks) -> None:
    """Then nobody can say that nothing failed."""
    answer = ask(kind, serve(always(*reply)), what)
    assert status(answer) == 3
    ((where, why),) = answer.read.unreadable
    assert says in why and where
    assert why.isprintable()


@pytest.mark.parametrize(("kind", "what"), KINDS)
def test_nothing_seen_halfway(kind: str, what: str, serve: Serve, ask: Asks) -> None:
    """The sample was good; the search was not answered."""
    answer = ask(kind, serve(then(1, GOOD[kind](), always(503, "text/plain", b"busy"))), what)
    assert status(answer) == 3
    assert "HTTP 503: busy" in answer.read.unreadable[0][1]


def test_a_page_fails(monkeypatch: pytest.MonkeyPatch, serve: Serve, ask: Asks) -> None:
    """What came before is told, and that it is not all."""
    monkeypatch.setattr("mitate.collect.logs.stores.elastic.PAGE", 20)
    answer = ask("opensearch", serve(then(3, GOOD["opensearch"](), always(500, "text/plain", b""))))
    assert status(answer) == 1
    assert 20 <= answer.read.events <= 40
    assert not any(group.surge for group in answer.groups)
    assert "HTTP 500" in answer.read.unreadable[0][1]


def test_redirects_are_not_followed(serve: Serve, ask: Asks) -> None:
    """The credentials are for the host that was named."""
    other = serve(GOOD["opensearch"]())
    server = serve(always(302, "text/plain", f"{other.url}/flog-*/_search".encode()))
    answer = ask("opensearch", server, access=Access(user="me", password="geheim77"))
    assert status(answer) == 3 and other.asked == []


def test_nobody_is_there(ask: Asks) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    class Nobody:
        url = f"http://127.0.0.1:{port}"

    answer = ask("opensearch", Nobody())
    assert status(answer) == 3 and "nothing listens there" in answer.read.unreadable[0][1]
    Nobody.url = "http://no-such-host.invalid"
    assert "does not resolve" in ask("loki", Nobody(), STREAMS).read.unreadable[0][1]


def test_no_tls_there(serve: Serve, ask: Asks) -> None:
    class Other:
        url = serve(always(200, "", b"")).url.replace("http:", "https:")

    assert "TLS" in ask("opensearch", Other()).read.unreadable[0][1]


# -- slow and endless ---------------------------------------------------------------------------------------


def endless(piece: bytes, pause: float = 0.0) -> Callable[..., Any]:
    def pieces() -> Iterator[bytes]:
        ends = time.monotonic() + 20
        while time.monotonic() < ends:
            yield piece
            time.sleep(pause)

    return lambda *_: (200, "application/json", pieces())


ROW = b'{"preview":false,"offset":0,"result":{"mitate_at":"1795361521.0","_raw":"ERROR x"}}\n'


@pytest.mark.parametrize(("kind", "what"), KINDS)
@pytest.mark.parametrize("piece", [b" " * 65536, b"x" * 65536, ROW * 800], ids=["blank", "x", "rows"])
def test_endless(kind: str, what: str, piece: bytes, serve: Serve, ask: Asks) -> None:
    began = time.monotonic()
    bounds = Bounds(answer=2_000_000, bytes=3_000_000, seconds=5, request_s=3)
    answer = ask(kind, serve(endless(piece)), what, bounds=bounds)
    assert time.monotonic() - began < 5
    assert status(answer) == 3 and answer.read.bytes < 8_000_000


@pytest.mark.parametrize(("kind", "what"), KINDS)
def test_dripping(kind: str, what: str, serve: Serve, ask: Asks) -> None:
    """A byte now and then keeps no connection open for longer than the whole may take."""
    began = time.monotonic()
    answer = ask(kind, serve(endless(b" ", 0.05)), what, bounds=Bounds(seconds=0.6, request_s=0.5))
    assert time.monotonic() - began < 3
    assert status(answer) == 3


def test_silent(serve: Serve, ask: Asks) -> None:
    def late(*_: Any) -> Any:
        time.sleep(2)
        return 200, "application/json", b"{}"

    answer = ask("opensearch", serve(late), bounds=Bounds(request_s=0.3))
    assert "no answer in time" in answer.read.unreadable[0][1]


# -- could not see ------------------------------------------------------------------------------------------


def test_no_index(serve: Serve, ask: Asks) -> None:
    """A pattern that fits no index finds nothing, with status 200."""
    store = Elasticsearch([])
    store.shards = {"total": 0, "successful": 0, "skipped": 0, "failed": 0}
    answer = ask("opensearch", serve(store))
    assert status(answer) == 3 and "has no index flog-*" in answer.read.unreadable[0][1]
    answer = ask("opensearch", serve(Elasticsearch([])), "logstash-*")
    assert "no such index [logstash-*]" in answer.read.unreadable[0][1]


@pytest.mark.parametrize(("kind", "what"), KINDS)
def test_nothing_from_that_time(kind: str, what: str, serve: Serve, ask: Asks) -> None:
    """No lines at all are not the same as no errors."""
    answer = ask(kind, serve(GOOD[kind]()), what, since=-9000, until=-8000)
    assert status(answer) == 3 and "has nothing from that time" in answer.read.unreadable[0][1]


def test_nothing_since(serve: Serve, ask: Asks) -> None:
    """Lines of the time before are no lines of that time."""
    answer = ask("opensearch", serve(GOOD["opensearch"]()), since=900, until=1800)
    assert status(answer) == 3 and "has nothing from that time" in answer.read.unreadable[0][1]


def test_wrong_names(serve: Serve, ask: Asks) -> None:
    """A wrong name of a field must not look like a cloud without errors."""
    server = serve(GOOD["opensearch"]())
    answer = ask("opensearch", server, fields="kolla,message=text")
    assert status(answer) == 3
    assert "have no text, but @timestamp, Hostname, " in answer.read.unreadable[0][1]
    answer = ask("opensearch", server, fields="kolla,level=lvl")
    assert status(answer) == 3 and "tell no level" in answer.read.unreadable[0][1]


def test_part_of_it_failed(serve: Serve, ask: Asks) -> None:
    store = Elasticsearch(as_kolla(failing()))
    failure = {
        "shard": 1,
        "index": "flog-2026.11.22",
        "reason": {"type": "x", "reason": "all copies are gone"},
    }
    store.shards = {"total": 5, "successful": 4, "skipped": 0, "failed": 1, "failures": [failure]}
    store.more = {"timed_out": True}
    answer = ask("opensearch", serve(store))
    assert status(answer) == 1
    said = [why for _, why in answer.read.unreadable]
    assert "1 of its shards failed: all copies are gone" in said
    assert any("ended by its own time limit" in why for why in said)


def test_splunk_says_more(serve: Serve, ask: Asks) -> None:
    """Messages between the rows: what an indexer could not give, and a search that died."""
    store = Splunk(as_splunk(failing()))
    warning = {
        "messages": [{"type": "WARN", "text": "Search peer idx2 is down"}, {"type": "DEBUG", "text": "x"}]
    }
    store.before.append(warning)
    answer = ask("splunk", serve(store), "index=openstack")
    assert status(answer) == 1 and [why for _, why in answer.read.unreadable] == ["Search peer idx2 is down"]
    store.after = [{"messages": [{"type": "FATAL", "text": "The search process terminated."}]}]
    assert "The search process terminated" in str(
        ask("splunk", serve(store), "index=openstack").read.unreadable
    )


# -- hostile ------------------------------------------------------------------------------------------------

HOSTILE = "</pre><script>alert(1)</script>\x1b]0;owned\x07\x1b[2J\u202e\x00{{7*7}}"


@pytest.mark.parametrize("format_", ["text", "json", "html"])
def test_hostile_words(
    serve: Serve, format_: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    docs: list[tuple[int, dict[str, Any]]] = [
        (
            int(T0 * 1000),
            {
                "Payload": f" It failed {HOSTILE}\n{HOSTILE}" + "x" * 100_000 + "\n" * 5000,
                "log_level": "ERROR",
                "python_module": f"nova.{HOSTILE}",
                "Hostname": HOSTILE,
                "programname": [HOSTILE],
                "Pid": "9" * 5000,
                "request_id": {"a": HOSTILE},
                "user_id": HOSTILE,
                "offset": "9" * 9000,
            },
        ),
        (int(T0 * 1000), {"Payload": 7, "log_level": True, "python_module": [1], "Hostname": None}),
    ]
    server = serve(Elasticsearch(docs))
    window = ("--since", "2026-11-01", "--until", "2026-11-30")
    assert main(["logs", "errors", "--store", f"opensearch={server.url}", *window, "--format", format_]) == 1
    said = capsys.readouterr().out
    assert "\x1b" not in said and "\x00" not in said and len(said) < 200_000
    assert "<script" not in said or format_ != "html"
    if format_ == "json":
        assert json.loads(said)["groups"]


# -- what is asked -----------------------------------------------------------------------------------------


def test_only_these_hosts(serve: Serve, ask: Asks) -> None:
    server = serve(GOOD["opensearch"]())
    answer = ask("opensearch", server, hosts=("controller",))
    assert {host for group in answer.groups for host in group.hosts} == {"controller"}


def test_baseline(serve: Serve, ask: Asks, tmp_path: Path) -> None:
    """What it has as well is usual; what nobody asked the store for is not held to be missing."""
    before = failing().write(tmp_path / "before")
    answer = ask("opensearch", serve(GOOD["opensearch"]()), baseline=(before,))
    assert not answer.failed and answer.compared
    assert not (answer.missing or answer.silent or answer.slower)


def test_nothing_is_changed_there(serve: Serve, ask: Asks) -> None:
    """Only searches are sent."""
    for kind, what in KINDS:
        server = serve(GOOD[kind]())
        ask(kind, server, what)
        asked = {(method, path.partition("?")[0]) for method, path, _ in server.asked}
        assert asked <= {
            ("POST", "/flog-*/_search"),
            ("GET", "/loki/api/v1/query_range"),
            ("POST", "/services/search/v2/jobs/export"),
        }
