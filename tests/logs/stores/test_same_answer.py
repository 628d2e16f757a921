"""Whatever store the lines went to, and in which form, the answer is the one that the files give."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mitate.model.log_answer import Surge
from tests.logs.cloud import Logs, healthy, request, server
from tests.logs.stores.conftest import (
    Asks,
    InFiles,
    Serve,
    as_fluentd,
    as_kolla,
    as_loki,
    as_loki_json,
    as_splunk,
    as_vector,
    failing,
    told,
)
from tests.logs.stores.imitation import Elasticsearch, Loki, Splunk

STREAMS = '{job="openstack"}'
FORMS: dict[str, tuple[str, str, str, Callable[[Logs], Any]]] = {
    "kolla": ("opensearch", "", "kolla", lambda logs: Elasticsearch(as_kolla(logs))),
    "fluentd": ("elasticsearch", "flog-*", "fluentd", lambda logs: Elasticsearch(as_fluentd(logs))),
    "vector": ("elasticsearch", "flog-*", "vector", lambda logs: Elasticsearch(as_vector(logs), "timestamp")),
    "loki": ("loki", STREAMS, "vector", lambda logs: Loki(as_loki(logs))),
    "loki-json": ("loki", STREAMS, "kolla", lambda logs: Loki(as_loki_json(logs))),
    "splunk": ("splunk", "index=openstack", "kolla", lambda logs: Splunk(as_splunk(logs))),
    "splunk-old": ("splunk", "index=openstack", "kolla", lambda logs: Splunk(as_splunk(logs), old=True)),
}


@pytest.mark.parametrize("form", FORMS)
def test_same_answer(form: str, serve: Serve, ask: Asks, in_files: InFiles) -> None:
    logs = failing(12)
    kind, what, fields, make = FORMS[form]
    answer = ask(kind, serve(make(logs)), what, fields)
    expected = in_files(logs)
    assert told(answer) == told(expected)
    assert answer.failed
    assert answer.groups[0].origin and answer.groups[0].origin.file == "nova/virt/driver.py"
    assert answer.groups[0].count == 12
    assert not answer.read.unreadable
    assert answer.read.partly == "only lines that tell of trouble were asked for, of the last 24 hours"


@pytest.mark.parametrize("form", FORMS)
def test_nothing_failed(form: str, serve: Serve, ask: Asks) -> None:
    kind, what, fields, make = FORMS[form]
    answer = ask(kind, serve(make(healthy())), what, fields)
    assert not answer.failed and not answer.read.unreadable and not answer.groups


@pytest.mark.parametrize("form", FORMS)
def test_in_that_time(form: str, serve: Serve, ask: Asks) -> None:
    """Only of the time that is asked for; as long again before it is what it is held against."""
    kind, what, fields, make = FORMS[form]
    answer = ask(kind, serve(make(failing())), what, fields, since=239.5, until=260.5)
    first = answer.groups[0]
    assert first.count == 11
    assert first.earlier == 10
    assert not first.surge


def test_a_store_that_does_not_reach_back(serve: Serve, ask: Asks) -> None:
    """What came before it was kept is not to be seen, and nothing is called new."""
    answer = ask("opensearch", serve(Elasticsearch(as_kolla(failing()))), since=230, until=3000)
    assert answer.failed and answer.earlier is None
    assert not any(group.surge for group in answer.groups)
    answer = ask("opensearch", serve(Elasticsearch(as_kolla(failing()))), since=180, until=360)
    assert answer.groups[0].surge is Surge.NEW and answer.groups[0].earlier == 0


def test_each_line_of_a_traceback_names_the_server(serve: Serve, ask: Asks, in_files: InFiles) -> None:
    """As Nova writes them: then Kolla's Fluentd takes each of the lines for an event."""
    logs = healthy()
    for number in range(9):
        at, of = 200 + number * 2.0, server(number)
        logs.line("nova-compute", at, "ERROR", "nova.compute.manager", "It failed", request(number), of)
        trace = ["Traceback (most recent call last):"]
        for file in ("nova/compute/manager.py", "nova/virt/driver.py"):
            trace += [f'  File "/usr/lib/python3/dist-packages/{file}", line 7, in go', "    it()"]
        for text in (*trace, "KeyError: 'x'"):
            head = logs.head(at, "ERROR", "nova.compute.manager")
            logs.lines("nova-compute").append(f"{head} [instance: {of}] {text}")
    docs = as_kolla(logs)
    assert sum("Traceback" in doc["Payload"] for _, doc in docs if "request_id" not in doc) == 9
    store = Elasticsearch(docs)
    store.shuffled = True
    answer = ask("opensearch", serve(store))
    assert told(answer) == told(in_files(logs))
    assert answer.groups[0].count == 9
    assert answer.groups[0].origin and answer.groups[0].origin.file == "nova/virt/driver.py"
