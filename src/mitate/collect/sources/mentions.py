"""Every line of a host's logs that names one of some ids, whatever its service and level.

Fields between tabs. zone, file: as in ``logs``. begins: the first line's time. debug: the log has lines of
that level. cut: more lines were there than are told. address: the host's own. Else a line: time, process,
level, logger, global request id, request id, user, resource, message; ``+`` before what belongs to it: calls
of a traceback, and what it ends with.

>>> from mitate.collect.sources._sample import answer
>>> said = ("zone\\t+0000\\nfile\\t/var/log/nova/nova-compute.log\\nbegins\\t2026-11-22 15:00:00.000\\n"
...     "2026-11-22 15:32:01.453\\t95\\tERROR\\tnova.compute.manager\\t\\treq-1\\tu\\t8fd7\\t"
...     "Build failed: x\\n"
...     '+\\t  File "/usr/lib/python3/dist-packages/nova/virt/libvirt/driver.py", line 4711, in spawn\\n'
...     "+\\tnova.exception.ImageNotFound: Image 70a5 could not be found.\\n")
>>> mention, log = mentions.parse(answer(mentions, said))
>>> event = mention.event
>>> event.at, event.service, event.level, event.request, event.resource, event.message
(1795361521.453, 'nova-compute', 'ERROR', 'req-1', '8fd7', 'Build failed: x')
>>> event.exception, event.frames[0].file
('nova.exception.ImageNotFound: Image 70a5 could not be found.', 'nova/virt/libvirt/driver.py')
>>> log.service, log.debug, str(log.begins_at)
('nova-compute', False, '2026-11-22 15:00:00+00:00')
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timezone

import msgspec

from mitate.collect.question import Answer, HostQuestion, source
from mitate.collect.sources._logs import service_of_file, zone_of
from mitate.collect.sources._mentions import SCRIPT
from mitate.collect.sources._text import at_epoch, few, fields, lines, whole_or_none
from mitate.model.layouts import project_of
from mitate.model.logs import Event, Frame
from mitate.model.recognise import PROJECTS
from mitate.model.source import Fact
from mitate.model.timeline import LogSearched, Mention, OwnAddress

MOST_FRAMES = 60
_FRAME = re.compile(r' *File "([^"]{1,300})", line (\d{1,7}), in (\S{1,100})')
_WEB = ("%a %b %d %H:%M:%S %Y", "%d/%b/%Y:%H:%M:%S %z", "%d/%b/%Y %H:%M:%S")


class _File(msgspec.Struct):
    path: str
    service: str
    debug: bool | None = None
    begins: datetime | None = None
    cut: bool = False
    told: bool = False


class _Reader:
    """Lines of an answer in, facts out: an event is complete when the next one begins."""

    def __init__(self, answer: Answer) -> None:
        self._source, self._host = answer.source, answer.host
        self._zone: timezone = UTC
        self._file: _File | None = None
        self._event: Event | None = None
        self._frames: list[Frame] = []
        self._exception = ""

    def line(self, line: str) -> Iterator[Fact]:
        row = line.split("\t")
        if row[0] == "+":
            self._more(fields(line, 2)[1])
            return
        if row[0] in ("file", "address") or len(row) >= 9:
            yield from self.event()
        if row[0] == "zone":
            self._zone = zone_of(fields(line, 2)[1])
        elif row[0] == "address":
            yield from self.end()
            yield OwnAddress(source=self._source, address=fields(line, 2)[1][:45])
        elif row[0] == "file":
            yield from self.end()
            path = re.sub(r"^/proc/\d+/root(?=/)", "", fields(line, 2)[1])
            journal = path.startswith("journal:")
            self._file = _File(path, service_of_file(path), None if journal else False)
        elif row[0] in ("begins", "debug", "cut"):
            self._about(row)
        else:
            self._begin(fields(line, 9))

    def _about(self, row: list[str]) -> None:
        file = self._known()
        if row[0] == "begins":
            at = when(row[1], self._zone) if len(row) > 1 else None
            file.begins = None if at is None else at_epoch(at)
        elif row[0] == "debug":
            file.debug = True
        else:
            file.cut = True

    def _known(self) -> _File:
        if self._file is None:
            raise ValueError("a line of no file")
        return self._file

    def _begin(self, row: list[str]) -> None:
        file = self._known()
        at, process, level, logger, global_request, request, user, resource, message = row[:9]
        if level == "DEBUG":
            file.debug = True
        first = logger.partition(".")[0]
        self._event = Event(
            at=when(at, self._zone),
            host=self._host,
            service=file.service,
            project=first if first in PROJECTS else project_of(file.service),
            file=file.path,
            level=level,
            logger=logger,
            process=whole_or_none(process),
            request=request,
            global_request=global_request,
            user=user,
            resource=resource,
            message=message,
        )

    def _more(self, text: str) -> None:
        if found := _FRAME.match(text):
            if len(self._frames) < MOST_FRAMES:
                self._frames.append(Frame(of_package(found[1]), found[3], int(found[2])))
        elif text[:1].strip() and not text.startswith(("Traceback", "During handling", "The above")):
            self._exception = text[:1000]

    def event(self) -> Iterator[Fact]:
        if self._event is not None:
            event = msgspec.structs.replace(
                self._event, frames=tuple(self._frames), exception=self._exception
            )
            self._event, self._frames, self._exception = None, [], ""
            yield Mention(source=self._source, event=event)

    def end(self) -> Iterator[Fact]:
        """What is known of a log once all of it was told."""
        yield from self.event()
        if file := self._file:
            self._file = None
            yield LogSearched(
                source=self._source,
                service=file.service,
                file=file.path,
                debug=file.debug,
                begins_at=file.begins,
                cut=file.cut,
            )


def when(text: str, zone: timezone) -> float | None:
    """Seconds since 1970, UTC; None for what is no time. zone: of times that tell none."""
    if re.fullmatch(r"\d{1,11}\.\d{1,9}", text):
        return float(text)
    try:
        at = datetime.fromisoformat(text.replace(",", "."))
    except ValueError:
        found = next(filter(None, (_formed(text, form) for form in _WEB)), None)
        if found is None:
            return None
        at = found
    try:
        return (at if at.tzinfo else at.replace(tzinfo=zone)).timestamp()
    except (OverflowError, ValueError):
        return None


def _formed(text: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(text, form)
    except ValueError:
        return None


def of_package(path: str) -> str:
    """From the package on: ``nova/virt/libvirt/driver.py``, wherever it lies."""
    return re.sub(r"^.*/(?:site|dist)-packages/|^.*/python\d[\d.]*/", "", path)


@source(
    HostQuestion(
        name="mentions",
        slots=(("ids", "ids"), ("since", "epoch"), ("until", "epoch")),
        script=SCRIPT,
        asked="grep -F -e ID -e ID … LOG",
        limit=16_000_000,
        timeout_s=50,
        slow=True,
    ),
    Mention,
    LogSearched,
    OwnAddress,
)
def mentions(answer: Answer) -> Iterator[Fact]:
    def every() -> Iterator[Fact]:
        reader = _Reader(answer)
        for line in lines(answer.text):
            yield from reader.line(line)
        yield from reader.end()

    yield from few(every())
