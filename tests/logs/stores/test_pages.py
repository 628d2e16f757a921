"""Whatever lies at the edge of a page is read once; what is too much is cut, and that is said."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from mitate.collect.logs.stores import elastic, loki
from mitate.collect.logs.stores.client import Bounds
from mitate.model.log_answer import Answer
from tests.logs.cloud import T0
from tests.logs.stores.conftest import Asks, Serve
from tests.logs.stores.imitation import Elasticsearch, Loki, Splunk

STREAMS = '{job="openstack"}'
T_MS = int(T0 * 1000)


def docs(count: int, same: int = 1) -> list[tuple[int, dict[str, Any]]]:
    """Errors, some of them at each millisecond."""
    return [
        (
            T_MS + number // same,
            {
                "Payload": f" Instance {number:05} failed",
                "log_level": "ERROR",
                "python_module": "nova.compute.manager",
                "request_id": f"00000000-0000-4000-8000-{number:012}",
                "Hostname": "compute1",
                "programname": "nova-compute",
            },
        )
        for number in range(count)
    ]


def lines(count: int, same: int = 1, step: int = 1_000_000) -> list[tuple[int, dict[str, str], str]]:
    return [
        (
            T_MS * 1_000_000 + number // same * step,
            {"job": "openstack", "host": "compute1", "filename": "/var/log/nova/nova-compute.log"},
            f"2026-11-22 15:32:01.{number // same % 1000:03} 95 ERROR nova.compute [-] {number:05} failed",
        )
        for number in range(count)
    ]


def read(answer: Answer) -> int:
    assert sum(group.count for group in answer.groups) == answer.read.events
    return answer.read.events


@pytest.mark.parametrize(("count", "same"), [(0, 1), (1, 1), (19, 1), (20, 1), (21, 1), (100, 7), (63, 19)])
def test_elastic(monkeypatch: pytest.MonkeyPatch, serve: Serve, ask: Asks, count: int, same: int) -> None:
    """Also where replicas tell records of the same time in another order each time."""
    monkeypatch.setattr(elastic, "PAGE", 20)
    quiet = (T_MS - 1, {"Payload": " fine", "log_level": "INFO", "python_module": "nova"})
    store = Elasticsearch([quiet, *docs(count, same)])
    store.shuffled = True
    server = serve(store)
    answer = ask("opensearch", server)
    assert read(answer) == count and not answer.read.unreadable
    asked = [json.loads(body) for _, _, body in server.asked[2:]]
    assert [("search_after" in each) for each in asked] == [False, *[True] * (len(asked) - 1)]
    assert len(asked) >= count // 20


def test_elastic_more_at_one_time_than_a_page(
    monkeypatch: pytest.MonkeyPatch, serve: Serve, ask: Asks
) -> None:
    monkeypatch.setattr(elastic, "PAGE", 20)
    answer = ask("opensearch", serve(Elasticsearch(docs(150, 50))))
    assert read(answer) == 150 and not answer.read.unreadable
    monkeypatch.setattr(elastic, "LARGEST", 40)
    answer = ask("opensearch", serve(Elasticsearch(docs(150, 50))))
    assert read(answer) == 120
    assert "some were not read" in answer.read.unreadable[0][1]


def test_elastic_nanoseconds(monkeypatch: pytest.MonkeyPatch, serve: Serve, ask: Asks) -> None:
    """A ``date_nanos`` is sorted by nanoseconds."""

    class Nanos(Elasticsearch):
        def matches(self, query: dict[str, Any], doc: tuple[int, int, dict[str, Any]]) -> bool:
            return super().matches(query, (doc[0] // 1_000_000, *doc[1:]))

    monkeypatch.setattr(elastic, "PAGE", 20)
    answer = ask("opensearch", serve(Nanos([(at * 1_000_000 + 5, each) for at, each in docs(50, 3)])))
    assert read(answer) == 50
    assert answer.groups[0].first == pytest.approx(T0)


@pytest.mark.parametrize(("count", "same"), [(1, 1), (19, 1), (20, 1), (21, 1), (100, 7), (63, 19)])
def test_loki(monkeypatch: pytest.MonkeyPatch, serve: Serve, ask: Asks, count: int, same: int) -> None:
    monkeypatch.setattr(loki, "LIMIT", 20)
    server = serve(Loki(lines(count, same)))
    answer = ask("loki", server, STREAMS)
    assert read(answer) == count and not answer.read.unreadable
    ends = [int(parse_qs(urlsplit(path).query)["end"][0]) for _, path, _ in server.asked[2:]]
    assert ends == sorted(ends, reverse=True)


def test_loki_more_at_one_nanosecond_than_it_gives(
    monkeypatch: pytest.MonkeyPatch, serve: Serve, ask: Asks
) -> None:
    """There is no way to see the others: that is said, and what is older is read."""
    monkeypatch.setattr(loki, "LIMIT", 20)
    later = [(at + 10**9, labels, line) for at, labels, line in lines(30, 30)]
    answer = ask("loki", serve(Loki([*lines(10), *later])), STREAMS)
    assert read(answer) == 30
    assert "more than 20 lines have the same time" in answer.read.unreadable[0][1]


def test_loki_that_gives_less(serve: Serve, ask: Asks) -> None:
    """What it may be asked for at most, it says in its refusal."""
    server = serve(Loki(lines(120), most=50))
    answer = ask("loki", server, STREAMS)
    assert read(answer) == 120 and not answer.read.unreadable
    limits = [parse_qs(urlsplit(path).query)["limit"][0] for _, path, _ in server.asked]
    assert limits == ["100", "50", "1", "50", "50", "50"]


def test_order_of_lines_of_the_same_time(serve: Serve, ask: Asks) -> None:
    """A traceback whose lines all have one time, and no prefix."""
    head = "2026-11-22 15:32:01.000 95 ERROR nova.compute.manager [-] It failed"
    trace = [
        "Traceback (most recent call last):",
        '  File "/usr/lib/python3/dist-packages/nova/a.py", line 3, in first',
        '  File "/usr/lib/python3/dist-packages/nova/b.py", line 4, in second',
        "ValueError: no",
    ]
    labels = {"job": "openstack", "host": "c1", "filename": "/var/log/nova/nova-compute.log"}
    made = [(T_MS * 1_000_000, labels, line) for line in (head, *trace)]
    group = ask("loki", serve(Loki(made)), STREAMS).groups[0]
    assert group.origin and (group.origin.file, group.origin.function) == ("nova/b.py", "second")
    assert group.example[-1].endswith("ValueError: no")
    events = [(T0, {"_raw": line, "host": "c1", "source": labels["filename"]}) for line in (head, *trace)]
    group = ask("splunk", serve(Splunk(events)), "index=openstack").groups[0]
    assert group.origin and (group.origin.file, group.origin.function) == ("nova/b.py", "second")
    vector = [
        (T_MS, {"message": line, "host": "c1", "file": labels["filename"], "offset": 10 * number})
        for number, line in enumerate((head, *trace))
    ]
    store = Elasticsearch(vector[::-1], "timestamp")
    store.shuffled = True
    group = ask("opensearch", serve(store), "flog-*", "vector").groups[0]
    assert group.origin and (group.origin.file, group.origin.function) == ("nova/b.py", "second")


# -- bounds -------------------------------------------------------------------------------------------------


def stores() -> list[Any]:
    events = [(at / 1e9, {"_raw": line, "host": "c1", "source": "a.log"}) for at, _, line in lines(300)]
    return [
        ("opensearch", "flog-*", lambda: Elasticsearch(docs(300))),
        ("loki", STREAMS, lambda: Loki(lines(300))),
        ("splunk", "index=openstack", lambda: Splunk(events)),
    ]


@pytest.mark.parametrize(("kind", "what", "make"), stores())
def test_lines_are_bounded(kind: str, what: str, make: Callable[[], Any], serve: Serve, ask: Asks) -> None:
    """The newest count, and the answer says from when on it can be trusted."""
    answer = ask(kind, serve(make()), what, bounds=Bounds(lines=200))
    assert read(answer) == 200
    assert "only the newest records were read: 200 records had come" in answer.read.unreadable[0][1]
    assert answer.since == pytest.approx(T0 + 0.1, abs=0.005)


def test_bytes_are_bounded(serve: Serve, ask: Asks) -> None:
    answer = ask("splunk", serve(Splunk(stores_events())), "index=openstack", bounds=Bounds(bytes=150_000))
    assert 0 < read(answer) < 2000
    assert "0.15 MB had come" in answer.read.unreadable[0][1]


def stores_events() -> list[tuple[float, dict[str, str]]]:
    return [(at / 1e9, {"_raw": line, "host": "c1", "source": "a.log"}) for at, _, line in lines(2000)]


def test_requests_are_bounded(monkeypatch: pytest.MonkeyPatch, serve: Serve, ask: Asks) -> None:
    monkeypatch.setattr(elastic, "PAGE", 20)
    server = serve(Elasticsearch(docs(300)))
    answer = ask("opensearch", server, bounds=Bounds(requests=5))
    assert len(server.asked) == 5
    assert 40 < read(answer) < 80
    assert "5 requests were sent" in answer.read.unreadable[0][1]
