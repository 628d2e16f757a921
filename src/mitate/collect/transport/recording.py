"""Recording: places around places, which write down each answer as it passes.

It is written beside its final name and renamed at the end, so that a recording is whole or is not there. A
full disk ends the recording, never the look.
"""

from __future__ import annotations

import os
import shutil
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec

from mitate.collect.place import Place
from mitate.collect.question import Answer, Question
from mitate.collect.transport.record_form import (
    ANSWERS,
    MANIFEST,
    SCHEMA,
    Kept,
    Manifest,
    PlaceRecord,
    Unseen,
    file_of,
    read_record,
)
from mitate.model.errors import CannotSee, CannotStart
from mitate.model.host import HostContact

ARCHIVES = (".tar.gz", ".tgz")


class Recording:
    """A recording that is being made. path: a directory, or an archive when its name ends in .tar.gz or .tgz.

    Raises CannotStart when nothing can be written there at all, or something is there already.
    """

    def __init__(self, path: Path, cloud: str, taken_at: datetime) -> None:
        self.path = path
        self.problem = ""
        """Why there will be no recording; "" as long as all goes well."""
        self._cloud, self._taken_at = cloud, taken_at
        self._places: dict[str, str] = {}
        if path.exists() or path.is_symlink():
            raise CannotStart(f"{path} is there already: give the recording another name")
        try:
            self._work = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent))
            (self._work / ANSWERS).mkdir()
        except OSError as error:
            raise CannotStart(f"no recording can be written to {path}: {error.strerror}") from None

    def of(self, place: Place) -> Recorder:
        return Recorder(place, self)

    def finish(self) -> str:
        """Put it in its place. The sentence why there is none, or ""."""
        try:
            if not self.problem:
                self._write(self._work / MANIFEST, self._manifest())
                if self.path.name.endswith(ARCHIVES):
                    self._pack()
                else:
                    self._work.rename(self.path)
        except OSError as error:
            self._fail(error)
        self.discard()
        return self.problem

    def discard(self) -> None:
        """Leave nothing of it but what ``finish`` has put in its place."""
        shutil.rmtree(self._work, ignore_errors=True)

    def asked(self, place: str) -> None:
        self._places.setdefault(place, "")

    def keep(self, record: PlaceRecord) -> None:
        """Write down what a place said, beside what it said before."""
        if self.problem:
            return
        file = self._work / ANSWERS / file_of(record.place)
        try:
            if self._places.get(record.place):
                before = read_record(file.read_bytes())
                record = msgspec.structs.replace(
                    record, answers=before.answers + record.answers, unseen=before.unseen + record.unseen
                )
            self._write(file, record)
            self._places[record.place] = file.name
        except (OSError, ValueError) as error:
            self._fail(error)
            self.discard()  # gives the space back at once: the disk may be the one that everything needs

    def _manifest(self) -> Manifest:
        places = tuple(Kept(name, file) for name, file in self._places.items())
        return Manifest(SCHEMA, version("mitate"), self._cloud, self._taken_at, places)

    def _pack(self) -> None:
        handle, name = tempfile.mkstemp(prefix=f".{self.path.name}.", suffix=".part", dir=self.path.parent)
        try:
            with os.fdopen(handle, "wb") as raw:
                with tarfile.open(fileobj=raw, mode="w:gz", compresslevel=6) as tar:
                    tar.add(self._work / MANIFEST, MANIFEST, filter=_anonymous)
                    for file in filter(None, self._places.values()):
                        tar.add(self._work / ANSWERS / file, f"{ANSWERS}/{file}", filter=_anonymous)
                raw.flush()
                os.fsync(raw.fileno())
            Path(name).rename(self.path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def _write(self, file: Path, value: Any) -> None:
        file.write_bytes(msgspec.json.encode(value) + b"\n")

    def _fail(self, error: Exception) -> None:
        why = error.strerror if isinstance(error, OSError) else str(error)
        self.problem = f"the recording {self.path} was not kept: {why}"


class Recorder:
    """A place that writes down what passes; from outside it is the place it stands around."""

    def __init__(self, place: Place, recording: Recording) -> None:
        self._place = place
        self._recording = recording

    @property
    def name(self) -> str:
        return self._place.name

    @property
    def hostname(self) -> str:
        return str(getattr(self._place, "hostname", ""))

    @property
    def contact(self) -> HostContact | None:
        return getattr(self._place, "contact", None)

    @property
    def requests(self) -> int:
        return int(getattr(self._place, "requests", 0))

    async def ask(self, questions: Sequence[Question]) -> Mapping[str, Answer | CannotSee]:
        self._recording.asked(self.name)
        told = await self._place.ask(questions)
        self._recording.keep(
            PlaceRecord(
                place=self.name,
                hostname=self.hostname,
                contact=self.contact,
                answers=tuple(answer for answer in told.values() if isinstance(answer, Answer)),
                unseen=tuple(
                    Unseen(name, str(why), why.reason)
                    for name, why in told.items()
                    if isinstance(why, CannotSee)
                ),
            )
        )
        return told


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Nobody's files: a recording travels."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o600
    return member
