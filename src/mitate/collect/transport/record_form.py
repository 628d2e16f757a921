"""What a recording looks like: ``manifest.json`` first, then ``answers/PLACE.json`` for each place.

A recording is a directory, or a gzipped tar of one. Names in it are data from outside when it is read.
"""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from urllib.parse import quote

import msgspec

from mitate.collect.question import Answer
from mitate.model.host import HostContact

FAMILY = "mitate.bundle/"
SCHEMA = FAMILY + "1"
MANIFEST = "manifest.json"
ANSWERS = "answers"


class Kept(msgspec.Struct, frozen=True):
    """file: its name below ``answers``; "" when the recording was ended before the place had answered."""

    name: str
    file: str = ""


class Manifest(msgspec.Struct, frozen=True):
    """mitate: the version that recorded. places: in the order in which they were asked."""

    schema: str
    mitate: str
    cloud: str
    taken_at: datetime
    places: tuple[Kept, ...] = ()


class Unseen(msgspec.Struct, frozen=True):
    question: str
    why: str
    reason: str = ""


class PlaceRecord(msgspec.Struct, frozen=True):
    """All that one place said."""

    place: str
    hostname: str = ""
    contact: HostContact | None = None
    answers: tuple[Answer, ...] = ()
    unseen: tuple[Unseen, ...] = ()


def file_of(place: str) -> str:
    """A file name for whatever a place is called.

    >>> file_of("compute1.example.org"), file_of("../etc")
    ('compute1.example.org.json', '%2E%2E%2Fetc.json')
    """
    safe = quote(place, safe="")
    if safe.startswith("."):
        safe = safe.replace(".", "%2E")
    return f"{safe if len(safe) <= 150 else sha256(place.encode()).hexdigest()}.json"


def read_record(data: bytes) -> PlaceRecord:
    """Raises ValueError. Times without a zone are taken as UTC."""
    try:
        record = msgspec.json.decode(data, type=PlaceRecord)
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        raise ValueError(str(error)) from None
    replace = msgspec.structs.replace
    contact = record.contact
    if contact:
        contact = replace(contact, source=replace(contact.source, at=in_utc(contact.source.at)))
    answers = tuple(replace(answer, at=in_utc(answer.at)) for answer in record.answers)
    return replace(record, contact=contact, answers=answers)


def in_utc(at: datetime) -> datetime:
    try:
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{at} is no time") from None
