"""Events out of a store: what it found, in the order in which it was written, joined as in files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from mitate.collect.logs.events import TROUBLE, Joiner
from mitate.collect.logs.find import LogFile, service_of
from mitate.collect.logs.line import Line
from mitate.collect.logs.prefilter import TROUBLE as WORDS
from mitate.collect.logs.stores.access import Access
from mitate.collect.logs.stores.client import Bounds, Client, Ended
from mitate.collect.logs.stores.elastic import Elastic
from mitate.collect.logs.stores.fields import Fields, found
from mitate.collect.logs.stores.hit import Hit, Store
from mitate.collect.logs.stores.lines import lines_of, opened
from mitate.collect.logs.stores.loki import Loki
from mitate.collect.logs.stores.place import Place
from mitate.collect.logs.stores.splunk import Splunk
from mitate.model.errors import CannotSee
from mitate.model.logs import Event

SAMPLE = 100
"""Records that are looked at to see whether they read like logs."""


class Gathered(msgspec.Struct):
    """events: in order of time. logs: how many were told apart. bytes: that the store sent.

    unseen: why not all that is there could be seen. cut: why the reading was ended, "" when it was not.
    """

    events: list[Event] = []
    logs: int = 0
    bytes: int = 0
    unseen: list[str] = []
    cut: str = ""


def gather(
    place: Place, access: Access, fields: Fields, since: float, until: float, bounds: Bounds | None = None
) -> Gathered:
    """What tells of trouble between two times (seconds since 1970).

    Raises CannotSee when nothing can be seen at all: it does not answer, it refuses, nothing is there from
    that time, or what is there does not read like logs.
    """
    bounds = bounds or Bounds()
    client = Client(place, access, bounds)
    store: Store
    if place.kind in ("elasticsearch", "opensearch"):
        store = Elastic(client, fields)
    else:
        fields = _around(fields)
        store = Loki(client) if place.kind == "loki" else Splunk(client)
    gathered = Gathered()
    hits: list[Hit] = []
    try:
        _look(place, fields, list(store.sample(since, until, SAMPLE)))
        try:
            for hit in store.search(since, until):
                if len(hits) >= bounds.lines:
                    raise Ended(f"{bounds.lines:,} records had come")
                hits.append(hit)
        except Ended as ended:
            gathered.cut = str(ended)
        except CannotSee as error:
            gathered.unseen.append(str(error))
    finally:
        client.close()
    gathered.unseen += store.notes
    gathered.bytes = client.bytes
    _join(hits, fields, gathered)
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


# -- joining ------------------------------------------------------------------------------------------------


def _join(hits: list[Hit], fields: Fields, gathered: Gathered) -> None:
    joiners: dict[tuple[str, str], Joiner] = {}
    events: list[Event] = []
    for position, (hit, lines) in enumerate(_in_order(hits, fields)):
        key = _log(hit, fields, lines[0])
        joiner = joiners.get(key)
        if joiner is None:
            host, name = key
            file = LogFile(Path(), f"{host}:{name}" if host else name, host=host, service=service_of(name))
            joiner = joiners[key] = Joiner(file)
        for line in lines:
            if event := joiner.feed(position, line)[1]:
                events.append(event)
    for joiner in joiners.values():
        events += joiner.rest()
    gathered.logs = len(joiners)
    gathered.events = sorted(
        (event for event in events if tells(event)), key=lambda event: (event.at or 0.0, event.position)
    )


def _in_order(hits: list[Hit], fields: Fields) -> Iterator[tuple[Hit, list[Line]]]:
    """As they were written: by time, then by offset where a record has one, then as the store has them."""
    offsets = {id(hit): _offset(hit, fields) for hit in hits}
    for hit in sorted(hits, key=lambda hit: (hit.at, offsets[id(hit)], hit.order)):
        if lines := lines_of(hit, fields):
            yield hit, lines


def _offset(hit: Hit, fields: Fields) -> int:
    text = found(hit.record, fields.offset)
    return int(text[:19]) if text.isdecimal() else 0


def _log(hit: Hit, fields: Fields, line: Line) -> tuple[str, str]:
    """(host, name) of the log that a record is of."""
    record = opened(hit.record, fields)
    host = line.host or found(record, fields.host)
    return host[:255], (found(record, fields.file) or line.program)[:255]


def tells(event: Event) -> bool:
    """Whether it is what ``prefilter.py`` looks for in files."""
    if event.level in TROUBLE or event.frames or event.exception:
        return True
    return WORDS.search(event.message.encode(errors="replace")) is not None
