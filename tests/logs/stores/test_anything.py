"""Whatever JSON a store answers: it is read, or it cannot be seen; nothing else is raised."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mitate.collect.logs.stores.client import Bounds
from mitate.collect.logs.stores.elastic import Elastic
from mitate.collect.logs.stores.fields import PRESETS
from mitate.collect.logs.stores.gather import Gathered
from mitate.collect.logs.stores.hit import Store
from mitate.collect.logs.stores.loki import Loki
from mitate.collect.logs.stores.place import Place
from mitate.collect.logs.stores.splunk import Splunk
from mitate.model.errors import CannotSee

NAMES = [
    *(
        "hits",
        "_shards",
        "total",
        "failed",
        "failures",
        "reason",
        "sort",
        "_source",
        "_id",
        "_seq_no",
        "timed_out",
    ),
    *("data", "resultType", "result", "stream", "values", "streams", "preview", "messages", "type", "text"),
    *("mitate_at", "_raw", "FATAL", "Payload", "log_level", "python_module", "message", "host", "request_id"),
    *("offset", "traceback", "context", "Pid", "programname"),
]
plain = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63),
    st.floats(),
    st.sampled_from(
        [*NAMES, "ERROR", "1795361521", "1795361521000000000", "{}", '{"Payload": "x"}', "\\x00\x1b["]
    ),
    st.text(max_size=20),
)
anything = st.recursive(
    plain,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=20,
)


class Client:
    """A fake: it has nothing but answers."""

    def __init__(self, kind: str, *told: Any) -> None:
        self.place = Place(kind, "http://logs", "x")
        self.bounds = Bounds()
        self._told = iter(told)

    def post(self, path: str, body: Any) -> Any:
        return next(self._told, {"hits": {"hits": []}})

    def get(self, path: str, query: Any) -> Any:
        return next(self._told, {"data": {"resultType": "streams", "result": []}})

    def stream(self, path: str, form: Any) -> Iterator[bytes]:
        return (json.dumps(each).encode() for each in self._told)


KOLLA = PRESETS["kolla"]
MAKES: dict[str, tuple[Callable[[Any], Store], Callable[[Any], Any]]] = {
    "opensearch": (lambda client: Elastic(client, KOLLA), lambda told: {"hits": {"hits": [told]}}),
    "loki": (Loki, lambda told: {"data": {"resultType": "streams", "result": [told]}}),
    "splunk": (Splunk, lambda told: {"result": told}),
}


@pytest.mark.parametrize("kind", MAKES)
@settings(max_examples=150, deadline=None)
@given(told=anything, more=anything, record=anything, at=st.integers(0, 2**63))
def test_anything(kind: str, told: Any, more: Any, record: Any, at: int) -> None:
    make, inside = MAKES[kind]
    nearly = {
        "opensearch": {"sort": [at], "_source": record, "_seq_no": more},
        "loki": {"stream": {"a": "b"}, "values": [[str(at), record], more]},
        "splunk": record | {"mitate_at": str(at)} if isinstance(record, dict) else record,
    }[kind]
    for answers in ((told, more), (inside(told), inside(more)), (inside(nearly), told)):
        gathered = Gathered(KOLLA)
        try:
            for hit in make(Client(kind, *answers)).search(0.0, 1e10):
                gathered.hits.append(hit)
        except CannotSee as error:
            assert str(error).isprintable()
        for event in gathered.events():
            assert event.message or event.lines or event.exception or event.level
