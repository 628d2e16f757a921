"""Elasticsearch and OpenSearch: ``POST /INDEX/_search``, paged with ``search_after``.

Sources: Elasticsearch reference, "Search API" (``timed_out``, ``_shards.failures``), "Paginate search
results" (``search_after`` takes the ``sort`` values of a page's last hit; records of equal values may come in
another order each time), "Index modules" (``max_result_window`` 10,000); OpenSearch documentation, "Paginate
results". No point in time is opened: the two have different words for it, and it would leave something at the
server. So each page begins again *at* the time of the last hit, and what came before is left out by its id.
Of the same time a record is older that has the smaller ``_seq_no`` ("Sequence numbers and primary term",
since 6.7), which an index with several shards counts in each of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from mitate.collect.logs.stores.client import Client
from mitate.collect.logs.stores.fields import Fields
from mitate.collect.logs.stores.hit import FRAME, LEVELS, PHRASES, Hit
from mitate.collect.transport.trouble import clause
from mitate.model.errors import CannotSee

PAGE, LARGEST = 1000, 10_000
MOST_MS = 253_402_300_799_000  # the last millisecond that a date field knows in all versions
MILLI = 1_000_000
"""Nanoseconds."""


class Elastic:
    def __init__(self, client: Client, fields: Fields) -> None:
        self.notes: list[str] = []
        self._client, self._fields = client, fields
        self._time = fields.time[0]
        self._shards = True
        self._path = f"/{quote(client.place.what, safe='*,')}/_search"

    def sample(self, since: float, until: float, most: int) -> Iterator[Hit]:
        hits = self._page(self._body(since, until, []), most)
        if not self._shards:
            raise CannotSee(f"{self._client.place.said} has no index {self._client.place.what}", "absent")
        for hit in hits:
            value, unit = self._value(hit)
            yield Hit(value * unit, 0, _source(hit))

    def search(self, since: float, until: float) -> Iterator[Hit]:
        body = self._body(since, until, self._words())
        size, order = PAGE, 0
        last: int | None = None
        same: set[tuple[str, str]] = set()
        """Which hits of the time at which the next page begins have come."""
        while True:
            hits = self._page(body, size)
            fresh = 0
            for hit in hits:
                id_ = (str(hit.get("_index")), str(hit.get("_id")))
                value, unit = self._value(hit)
                if value != last:
                    if last is not None and value > last:
                        raise self._strange("hits in another order than was asked for")
                    last, same = value, set()
                elif id_ in same:
                    continue
                same.add(id_)
                fresh += 1
                order += 1
                number = hit.get("_seq_no")
                yield Hit(value * unit, number if isinstance(number, int) else order, _source(hit))
            if len(hits) < size or last is None:
                return
            if fresh == 0 and size == LARGEST:
                self.notes.append(f"more than {LARGEST:,} records have the same time: some were not read")
                last -= 1
            size = LARGEST if fresh == 0 else PAGE
            body["search_after"] = [last + 1]

    # -- the question -----------------------------------------------------------------------------------

    def _body(self, since: float, until: float, words: list[dict[str, Any]]) -> dict[str, Any]:
        span = {
            "gte": max(0, int(since * 1000)),
            "lte": max(0, min(int(until * 1000), MOST_MS)),
            "format": "epoch_millis",
        }
        must: list[dict[str, Any]] = [{"range": {self._time: span}}]
        if words:
            must.append({"bool": {"should": words, "minimum_should_match": 1}})
        return {
            "track_total_hits": False,
            "seq_no_primary_term": True,
            "timeout": f"{max(1, int(self._client.bounds.request_s * 0.8))}s",
            "_source": self._fields.every,
            "sort": [{self._time: {"order": "desc", "unmapped_type": "date"}}],
            "query": {"bool": {"filter": must}},
        }

    def _words(self) -> list[dict[str, Any]]:
        either = [*LEVELS, *(level.lower() for level in LEVELS)]
        found: list[dict[str, Any]] = [{"terms": {name: either}} for name in self._fields.level]
        for name in self._fields.message:
            found += [{"match_phrase": {name: phrase}} for phrase in PHRASES]
            found.append({"match": {name: {"query": " ".join(FRAME), "operator": "and"}}})
        found += [{"exists": {"field": name}} for name in self._fields.traceback]
        return found

    # -- the answer -------------------------------------------------------------------------------------

    def _page(self, body: dict[str, Any], size: int) -> list[dict[str, Any]]:
        told = self._client.post(self._path, {**body, "size": size})
        outer = told.get("hits") if isinstance(told, dict) else None
        hits = outer.get("hits") if isinstance(outer, dict) else None
        if not isinstance(hits, list) or not all(isinstance(hit, dict) for hit in hits):
            raise self._strange("no list of hits")
        shards = told.get("_shards")
        shards = shards if isinstance(shards, dict) else {}
        self._shards = shards.get("total") != 0
        if told.get("timed_out") is True:
            self._note("the search was ended by its own time limit: some records were not found")
        if (failed := shards.get("failed")) and isinstance(failed, int):
            self._note(f"{failed} of its shards failed{_why(shards)}")
        return hits

    def _note(self, said: str) -> None:
        if said not in self.notes and len(self.notes) < 20:
            self.notes.append(said)

    def _value(self, hit: dict[str, Any]) -> tuple[int, int]:
        """What it was sorted by, and the nanoseconds in one of it: a ``date`` has milliseconds, and a
        ``date_nanos`` what its name says.
        """
        sort = hit.get("sort")
        value = sort[0] if isinstance(sort, list) and sort else None
        if not isinstance(value, int) or not 0 <= value < 10**19:
            raise self._strange(f"times in {self._time} that are no dates: see --store-fields time=")
        return value, 1 if value > MOST_MS else MILLI

    def _strange(self, what: str) -> CannotSee:
        return CannotSee(f"{self._client.place.said} answers {what}", "garbage")


def _source(hit: dict[str, Any]) -> dict[str, Any]:
    source = hit.get("_source")
    return source if isinstance(source, dict) else {}


def _why(shards: dict[str, Any]) -> str:
    failures = shards.get("failures")
    first = failures[0] if isinstance(failures, list) and failures else None
    reason = first.get("reason") if isinstance(first, dict) else None
    said = reason.get("reason") if isinstance(reason, dict) else None
    return f": {clause(said)}" if isinstance(said, str) and said.strip() else ""
