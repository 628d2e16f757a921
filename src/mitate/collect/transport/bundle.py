"""Replay of a recording: places that answer what they answered then. Nothing is contacted.

What is complete of a damaged or truncated recording is used; places that are missing say so. Names, sizes and
contents in it are hostile until shown otherwise: nothing is unpacked to disk, links and devices are not read.
"""

from __future__ import annotations

import gzip
import re
import stat
import tarfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO

import msgspec

from mitate.collect.look import INTERRUPTED
from mitate.collect.place import Place
from mitate.collect.question import Answer, Question
from mitate.collect.transport.record_form import (
    ANSWERS,
    FAMILY,
    MANIFEST,
    SCHEMA,
    Kept,
    Manifest,
    PlaceRecord,
    in_utc,
    read_record,
)
from mitate.model.errors import CannotSee, CannotStart
from mitate.model.host import HostContact
from mitate.model.source import API

MAX_MANIFEST = 64_000_000
MAX_MEMBER = 512_000_000
MAX_TOTAL = 16_000_000_000
MAX_RATIO = 300
"""Answers compress 5 to 50 times. More than this is refused, beyond the first FREE bytes."""
FREE = 64_000_000
MAX_MEMBERS = 200_000
BROKEN = (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile, ValueError, OverflowError)
_FILE = re.compile(r"[A-Za-z0-9_~%-][A-Za-z0-9_.~%-]{0,250}\.json")

Load = Callable[[], bytes]


class Bundle(msgspec.Struct, frozen=True):
    """A recording, opened. places: API and hosts, in the order in which they were asked."""

    cloud: str
    taken_at: datetime
    places: tuple[Place, ...]
    recorded_by: str = ""

    @property
    def api(self) -> Place | None:
        return next((place for place in self.places if place.name == API), None)

    @property
    def hosts(self) -> list[Place]:
        return [place for place in self.places if place.name != API]


class ReplayPlace:
    """One place of a recording. load: its record, read anew each time, so that no texts are held."""

    def __init__(self, name: str, load: Load | None, why: CannotSee) -> None:
        self.name = name
        self.hostname = ""
        self.contact: HostContact | None = None
        self._load = load
        self._why = why

    async def ask(self, questions: Sequence[Question]) -> Mapping[str, Answer | CannotSee]:
        if self._load is None:
            return {question.called: self._why for question in questions}
        try:
            record = read_record(self._load())
        except (OSError, *BROKEN):
            damaged = CannotSee("the recording is damaged: what this place said cannot be read", "garbage")
            return {question.called: damaged for question in questions}
        self.hostname, self.contact = record.hostname, record.contact
        return _replayed(record, questions)


def _replayed(record: PlaceRecord, questions: Sequence[Question]) -> Mapping[str, Answer | CannotSee]:
    told: dict[str, Answer | CannotSee] = {answer.question: answer for answer in record.answers}
    told |= {unseen.question: CannotSee(unseen.why, unseen.reason) for unseen in record.unseen}
    absent = CannotSee("the recording does not hold it", "absent")
    return {question.called: told.get(question.called, absent) for question in questions}


def open_bundle(path: Path) -> Bundle:
    """A directory or an archive made by ``mitate record``. Raises CannotStart with one sentence."""
    try:
        if path.is_dir():
            return _open_directory(path)
        with path.open("rb") as file:
            return _open_archive(path, file)
    except OSError as error:
        raise CannotStart(f"the recording {path} cannot be read: {error.strerror or error}") from None


def is_bundle(path: Path) -> bool:
    """Whether it looks like a recording: only its beginning is read."""
    if path.is_dir():
        return (path / MANIFEST).is_file()
    try:
        with tarfile.open(path, "r:*") as tar:
            first = tar.next()
            while first and first.isdir():
                first = tar.next()
            return first is not None and PurePosixPath(first.name).name == MANIFEST
    except (*BROKEN, tarfile.TarError):
        return False


def _open_directory(path: Path) -> Bundle:
    try:
        manifest = _manifest(path, _read_plain(path / MANIFEST, MAX_MANIFEST))
    except FileNotFoundError:
        raise CannotStart(f"{path} is no recording: it has no {MANIFEST}") from None

    def load(file: str) -> Load | None:
        here = path / ANSWERS / file
        return (lambda: _read_plain(here, MAX_MEMBER)) if here.is_file() else None

    return _bundle(manifest, load, "the recording does not hold what this place said")


def _open_archive(path: Path, file: IO[bytes]) -> Bundle:
    members: dict[str, bytes] = {}
    manifest: Manifest | None = None
    truncated = False
    try:
        for name, data in _members(path, file):
            if name == MANIFEST:
                manifest = manifest or _manifest(path, data)
            else:
                members.setdefault(name, zlib.compress(data, 1))  # read once, held small
    except BROKEN:
        truncated = True
    if manifest is None:
        if truncated and members:
            raise CannotStart(f"the recording {path} is truncated: its {MANIFEST} is missing")
        what = "it is damaged, or cut off at its very beginning" if truncated else f"it has no {MANIFEST}"
        raise CannotStart(f"{path} is no recording that can be read: {what}")

    def load(file: str) -> Load | None:
        packed = members.get(file)
        return None if packed is None else (lambda: zlib.decompress(packed))

    why = "the recording is truncated" if truncated else "the recording is incomplete"
    return _bundle(manifest, load, f"{why}: it does not hold what this place said")


def _members(path: Path, file: IO[bytes]) -> Iterator[tuple[str, bytes]]:
    """(name, content) of what may belong to a recording; whatever directory it was packed with."""
    size = path.stat().st_size
    packed = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    source = _Bounded(path, gzip.GzipFile(fileobj=file) if packed else file, size if packed else MAX_TOTAL)
    with tarfile.open(fileobj=source, mode="r|") as tar:  # type: ignore[call-overload] # read() is all it needs
        for number, member in enumerate(tar):
            if number > MAX_MEMBERS:
                raise CannotStart(f"{path} is refused: it has more than {MAX_MEMBERS} members")
            name = _place_of(member.name)
            if not name or not member.isreg() or member.issparse():
                continue
            if member.size > (MAX_MANIFEST if name == MANIFEST else MAX_MEMBER):
                raise CannotStart(f"{path} is refused: {name} in it has {member.size} bytes")
            content = tar.extractfile(member)
            data = content.read() if content else b""
            if len(data) != member.size:
                raise EOFError
            yield name, data


class _Bounded:
    """A stream that refuses to become absurdly larger than the file it comes from."""

    def __init__(self, path: Path, stream: IO[bytes] | gzip.GzipFile, packed: int) -> None:
        self._path = path
        self._stream = stream
        self._left = min(MAX_TOTAL, FREE + MAX_RATIO * packed)

    def read(self, size: int) -> bytes:
        data = self._stream.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise CannotStart(f"{self._path} is refused: it unpacks to far more than any recording holds")
        return data


def _place_of(name: str) -> str:
    """manifest.json, or the file name of a place; "" for anything else."""
    parts = PurePosixPath(name).parts
    if parts[-1:] == (MANIFEST,) and len(parts) <= 2 and ".." not in parts:
        return MANIFEST
    if parts[-2:-1] == (ANSWERS,) and len(parts) <= 3 and ".." not in parts and _FILE.fullmatch(parts[-1]):
        return parts[-1]
    return ""


def _manifest(path: Path, data: bytes) -> Manifest:
    try:
        schema = msgspec.json.decode(data, type=_Schema).schema
        if schema == SCHEMA:
            manifest = msgspec.json.decode(data, type=Manifest)
            return msgspec.structs.replace(manifest, taken_at=in_utc(manifest.taken_at))
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise CannotStart(f"{path} is no recording that can be read: its {MANIFEST} is damaged") from None
    if schema.startswith(FAMILY):
        raise CannotStart(f"{path} was recorded by a newer mitate ({schema[:40]}): update to read it")
    raise CannotStart(f"{path} is no recording of mitate: its {MANIFEST} is of another kind")


class _Schema(msgspec.Struct):
    schema: str


def _bundle(manifest: Manifest, load: Callable[[str], Load | None], missing: str) -> Bundle:
    def place(kept: Kept) -> ReplayPlace:
        if not kept.file:
            return ReplayPlace(kept.name, None, INTERRUPTED)
        found = load(kept.file) if _FILE.fullmatch(kept.file) else None
        return ReplayPlace(kept.name, found, CannotSee(missing, "absent"))

    places = tuple(place(kept) for kept in {kept.name: kept for kept in manifest.places}.values())
    return Bundle(manifest.cloud, manifest.taken_at, places, manifest.mitate)


def _read_plain(path: Path, most: int) -> bytes:
    """A regular file, and no link to one. Raises OSError."""
    status = path.lstat()
    if not stat.S_ISREG(status.st_mode):
        raise OSError(f"{path.name} is no regular file")
    if status.st_size > most:
        raise OSError(f"{path.name} has {status.st_size} bytes")
    return path.read_bytes()
