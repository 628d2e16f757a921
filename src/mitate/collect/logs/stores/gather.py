"""Events out of a store: what it found, in the order in which it was written, joined as in files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from mitate.collect.logs.events import Joiner, tells
from mitate.collect.logs.find import LogFile, service_of
from mitate.collect.logs.line import Line
from mitate.collect.logs.stores.access import Access
from mitate.collect.logs.stores.client import Bounds, Client, Ended
from mitate.collect.logs.stores.elastic import Elastic
from mitate.collect.logs.stores.fields import Fields, found
from mitate.collect.logs.stores.hit import NANO, Hit, Store
from mitate.collect.logs.stores.lines import lines_of, opened
from mitate.collect.logs.stores.loki import Loki
from mitate.collect.logs.stores.place import Place
from mitate.collect.logs.stores.splunk import Splunk
from mitate.model.errors import CannotSee
from mitate.model.logs import Event

SAMPLE = 100
"""Records that are looked at to see whether they read like logs."""


class Gathered(msgspec.Struct):
    """What a store gave. bytes: that it sent. logs: how many were told apart, once ``events`` is done.

    back: whether it has anything from the beginning of the time in which trouble was looked for.
    unseen: why not all that is there could be seen. cut: why the reading ended before it was done, "" when it
    did not.
    """

    fields: Fields
    hits: list[Hit] = []
    back: bool = False
    logs: int = 0
    bytes: int = 0
    unseen: list[str] = []
    cut: str = ""

    @property
    def oldest(self) -> float | None:
        """Seconds since 1970."""
        return min((hit.at for hit in self.hits), default=0) / NANO if self.hits else None

    def events(self) -> Iterator[Event]:
        """Those that tell of trouble, in the order in which they end. Each hit is forgotten as it is read."""
        joiners: dict[tuple[str, str], Joiner] = {}
        self.hits.sort(key=self._order, reverse=True)
        position = 0
        while self.hits:
            hit = self.hits.pop()
            lines = lines_of(hit, self.fields)
            if not lines:
                continue
            key = _log(hit, self.fields, lines[0])
            if key not in joiners:
                host, name = key
                file = LogFile(Path(), f"{host}:{name}" if host else name, host, service_of(name))
                joiners[key] = Joiner(file)
            for line in lines:
                event = joiners[key].feed(position, line)[1]
                if event and tells(event):
                    yield event
            position += 1
        self.logs = len(joiners)
        for joiner in joiners.values():
            yield from filter(tells, joiner.rest())

    def _order(self, hit: Hit) -> tuple[int, int, int]:
        """By time, then by offset where a record has one, then as the store has them."""
        offset = found(hit.record, self.fields.offset)
        return hit.at, int(offset[:19]) if offset.isdecimal() else 0, hit.order


def gather(
    place: Place,
    access: Access,
    fields: Fields,
    times: tuple[float, float, float],
    bounds: Bounds | None = None,
) -> Gathered:
    """What tells of trouble. times: from when on it is looked for, from when on something must be there, and
    until when; seconds since 1970.

    Raises CannotSee when nothing can be seen at all: it does not answer, it refuses, nothing is there from
    that time, or what is there does not read like logs.
    """
    begins, since, until = times
    bounds = bounds or Bounds()
    client = Client(place, access, bounds)
    store: Store
    if place.kind in ("elasticsearch", "opensearch"):
        store = Elastic(client, fields)
    else:
        fields = _around(fields)
        store = Loki(client) if place.kind == "loki" else Splunk(client)
    gathered = Gathered(fields)
    try:
        _look(place, fields, list(store.sample(since, until, SAMPLE)))
        try:
            early = store.sample(begins, begins + (since - begins) / 4, 1)
            gathered.back = next(early, None) is not None
            for hit in store.search(begins, until):
                if len(gathered.hits) >= bounds.lines:
                    raise Ended(f"{bounds.lines:,} records had come")
                gathered.hits.append(hit)
        except CannotSee as error:
            gathered.cut = str(error)
    finally:
        client.close()
    gathered.unseen += store.notes
    gathered.bytes = client.bytes
    return gathered


def _around(fields: Fields) -> Fields:
    """Of stores whose records are lines with labels around them; a line may be a record of its own."""
    return msgspec.structs.replace(
        fields,
        message=(*fields.message, "message"),
        host=(*fields.host, "host", "hostname", "node", "instance"),
        program=(*fields.program, "container_name", "container", "unit", "service_name", "service"),
        file=(*fields.file, "file", "filename"),
    )


def _look(place: Place, fields: Fields, sample: list[Hit]) -> None:
    """Whether the records read like logs: a wrong name of a field must not look like a healthy cloud."""
    if not sample:
        raise CannotSee(f"{place.said} has nothing from that time in {place.what}", "absent")
    read = [lines for hit in sample if (lines := lines_of(hit, fields))]
    if not read:
        raise CannotSee(
            f"the records of {place.said} have no {' or '.join(fields.message)}, but {_names(sample[0])}: "
            "see --store-fields",
            "garbage",
        )
    if not any(lines[0].level for lines in read):
        raise CannotSee(
            f"the last {len(sample)} records of {place.said} tell no level, neither as "
            f"{' or '.join(fields.level)} nor in the line; they have {_names(sample[0])}: see --store-fields",
            "garbage",
        )


def _names(hit: Hit) -> str:
    names = sorted(name[:40] for name in hit.record if name.isprintable())
    return ", ".join(names[:12]) or "nothing that was asked for"


def _log(hit: Hit, fields: Fields, line: Line) -> tuple[str, str]:
    """(host, name) of the log that a record is of."""
    record = opened(hit.record, fields)
    host = line.host or found(record, fields.host)
    return host[:255], (found(record, fields.file) or line.program)[:255]
