"""The lines that may tell of trouble, found in the bytes: by ripgrep or grep where they are, else here.

Nothing is understood yet, and lines alike but for digits are only counted: a gigabyte of one error costs
what a hundred lines of it do. Memory does not grow with the logs.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import IO

import msgspec

from mitate.collect.logs.find import LogFile
from mitate.collect.logs.kinds import Alike, Kinds, Room
from mitate.collect.logs.streams import BROKEN, LONGEST, broken, opened
from mitate.model.errors import CannotSee

WORDS = (
    *(b"ERROR", b"CRITICAL", b" TRACE ", b"Traceback (most", b"|ERR|", b"|EMER|", b": error :", b"[error]"),
    *(b'" status: 5', b'.1" 5', b'.0" 5', b"HTTP/1.1 5"),
)
"""One of them is in every line that tells of trouble, in all forms that ``plain.py`` knows."""
TROUBLE = re.compile(b"|".join(map(re.escape, WORDS)))
AHEAD = 32
"""Megabytes of hits that are taken before they are looked at."""
SAMPLES = 16
"""Of lines alike, how many are looked at."""
PIECE = 1 << 20
MEMORY_KB = 400_000
"""What a grep may take: a line without an end makes it ask for more, and then it is done here."""


class Hits(msgspec.Struct):
    """What was found in one log. trouble: why it could not be searched to its end, "" when it was."""

    file: LogFile
    kinds: list[Alike]
    trouble: str = ""


HALVES = 256 << 20
"""Bytes from which a log that stands alone is searched from its middle on at the same time."""


class _Part:
    """A process that searches, and what it tells, taken as soon as it does: else it would wait for whoever
    imports things. begin, end: the bytes of a log that it is about; end None: all that there is.
    """

    def __init__(self, process: subprocess.Popen[bytes], begin: int = 0, end: int | None = None) -> None:
        self.process, self.begin, self.end = process, begin, end
        self.over = False
        self._ahead: Queue[bytes] = Queue(AHEAD)
        Thread(target=self._take, daemon=True).start()

    def _take(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout:
            while not self.over and (piece := self.process.stdout.read(PIECE)):
                self._ahead.put(piece)
        self._ahead.put(b"")

    def blocks(self) -> Iterator[bytes]:
        """Whole lines of ``path NUL offset:line``, the paths one after the other or mixed."""
        rest = b""
        while piece := self._ahead.get():
            block = rest + piece
            whole = block.rfind(b"\n") + 1
            # of a line without an end no more
            block, rest = block[:whole], block[whole : whole + 2 * LONGEST]
            if self.end is not None and (cut := self._cut(block, self.end)) is not None:
                self.over = True
                self.process.kill()
                yield block[:cut]
                while self._ahead.get():
                    pass
                return
            yield block

    @staticmethod
    def _cut(block: bytes, end: int) -> int | None:
        """Where the hits begin that lie beyond the end, None without any. Mostly the last line tells."""
        cut, after = None, len(block)
        while after > 0:
            begin = block.rfind(b"\n", 0, after - 1) + 1
            offset = _offset(block[begin:after])
            if 0 <= offset < end:
                break
            cut = begin if offset >= end else cut
            after = begin
        return cut

    def ended_well(self) -> bool:
        """False when it could not: out of memory, a file that it may not read."""
        return self.process.wait() <= 1 and (self.over or self.process.returncode >= 0)


class Search:
    """The search in some logs, which goes on by itself from the moment that it is made.

    since, until: seconds since 1970; what is older is told apart, what is younger is left out.
    """

    def __init__(
        self,
        files: Sequence[LogFile],
        words: Sequence[bytes] = WORDS,
        since: float | None = None,
        until: float | None = None,
    ) -> None:
        self._files, self._words = files, words
        self._since, self._until = since, until
        self._bounded = since is not None or until is not None
        self._room = Room()
        plain = [file for file in files if not file.packed and not _sparse(file.path)]
        self._plain = {os.fsencode(file.path.absolute()): file for file in plain}
        self._parts = list(_parts(plain, words)) if plain else []

    def found(self) -> Iterator[Hits]:
        """Of each log; of what is damaged, what is whole. To be called once."""
        done: set[bytes] = set()
        if self._parts:
            found = self._output()
            if all(part.ended_well() for part in self._parts):
                done = set(self._plain)
                yield from (Hits(kinds.file, kinds.every) for kinds in found)
        for file in self._files:
            if os.fsencode(file.path.absolute()) not in done:
                yield self._here(file)

    def _kinds(self, file: LogFile) -> Kinds:
        return Kinds(file, self._since, self._until, self._room)

    def _output(self) -> list[Kinds]:
        by_path: dict[bytes, Kinds] = {}
        for part in self._parts:
            for block in part.blocks():
                self._count(by_path, block, part.begin)
        return list(by_path.values())

    def _count(self, by_path: dict[bytes, Kinds], block: bytes, begin: int) -> None:
        head = None if self._bounded else _head(block)
        if head and (path := self._path(head[:-1], begin)):
            self._of(by_path, path).count_all(block, head, begin)
            return
        for line in block.split(b"\n"):
            path, _, hit = line.partition(b"\0")
            offset, _, text = hit.partition(b":")
            known = self._path(path, begin)
            if offset.isdigit() and known:  # else the rest of a line with odd line breaks
                self._of(by_path, known).count(begin + int(offset), text)

    def _path(self, said: bytes, begin: int) -> bytes:
        """Of the log that a process means; the second half of one comes to it by standard input."""
        if begin:
            return next(iter(self._plain)) if said == b"<stdin>" else b""
        return said if said in self._plain else b""

    def _of(self, by_path: dict[bytes, Kinds], path: bytes) -> Kinds:
        kinds = by_path.get(path)
        if kinds is None:
            kinds = by_path[path] = self._kinds(self._plain[path])
        return kinds

    def _here(self, file: LogFile) -> Hits:
        kinds, trouble = self._kinds(file), ""
        try:
            for position, line in hits(file, self._words):
                kinds.count(position, line)
        except BROKEN as error:
            trouble = broken(error)
        except CannotSee as error:
            trouble = str(error)
        return Hits(file, kinds.every, trouble)


def _head(block: bytes) -> bytes | None:
    """What every line of a block begins with, its path and a NUL; None when they are of several logs."""
    head = block[: block.find(b"\0") + 1]
    lines = block.count(b"\n")
    return head if head and block.count(b"\n" + head) + 1 == lines == block.count(head) else None


def _sparse(path: Path) -> bool:
    status = path.stat()
    return status.st_blocks * 512 < status.st_size // 2


def _parts(files: Sequence[LogFile], words: Sequence[bytes]) -> Iterator[_Part]:
    """One for all logs, or two for the halves of a large one. Nothing where no program is there for it."""
    if (process := _start(files, words)) is None:
        return
    middle = _middle(files[0]) if len(files) == 1 else 0
    second = None
    if middle:
        with suppress(OSError), files[0].path.open("rb") as log:
            log.seek(middle)
            second = _start([], words, log)
    yield _Part(process, 0, middle if second else None)
    if second:
        yield _Part(second, middle)


def _middle(file: LogFile) -> int:
    """Where a line begins in the middle of a log, 0 where it is not worth it."""
    if file.size < HALVES or not shutil.which("rg"):
        return 0
    try:
        with file.path.open("rb") as log:
            log.seek(file.size // 2)
            found = log.read(PIECE).find(b"\n")
    except OSError:  # whoever reads it whole says why
        return 0
    return file.size // 2 + found + 1 if found >= 0 else 0


def _offset(line: bytes) -> int:
    """Of a line of ``path NUL offset:line``, -1 when it is none."""
    text = line[line.find(b"\0") + 1 :][:20].partition(b":")[0]
    return int(text) if text.isdigit() else -1


def _start(
    files: Sequence[LogFile], words: Sequence[bytes], log: IO[bytes] | None = None
) -> subprocess.Popen[bytes] | None:
    """One process for all files, or for what follows in one that is open. None where no program is there."""
    patterns = [part for word in words for part in ("-e", word.decode())]
    paths = ["-"] if log else [str(file.path.absolute()) for file in files]
    if shutil.which("rg"):
        command = [
            "rg",
            "--no-config",
            "-aFbHN0",
            "--no-heading",
            "--color=never",
            "--no-mmap",
            "--no-messages",
        ]
        command += [f"--max-columns={LONGEST}", "--max-columns-preview", *patterns, "--"]
    elif shutil.which("grep"):
        command = ["grep", "-aFbHZ", "--no-messages", *patterns, "--"]
    else:
        return None
    try:
        return subprocess.Popen(
            ["sh", "-c", f'ulimit -v {MEMORY_KB}; exec "$@"', "sh", *command, *paths],
            stdin=log or subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"LC_ALL": "C", "PATH": os.environ.get("PATH", "")},
        )
    except OSError:
        return None


# -- here ---------------------------------------------------------------------------------------------------


def hits(file: LogFile, words: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """(where the line begins, the line, cut) for each that holds one of the words, piece by piece."""
    words = tuple(words)
    with opened(file.path, file.packed) as stream:
        holes = not file.packed and _sparse(file.path)
        position, rest = 0, b""
        while True:
            if holes and not rest:
                position = _next_data(stream.fileno(), position)
                stream.seek(position)
            piece = stream.read1(4 * PIECE)
            if not piece:
                break
            buffer = rest + piece
            end = buffer.rfind(b"\n") + 1
            yield from _within(buffer[:end], position, words)
            rest = buffer[end:]
            position += end
            if len(rest) > 4 * PIECE:  # a line without an end: its beginning is enough
                yield from _within(rest[:LONGEST] + b"\n", position, words)
                position += len(rest)
                rest = b""
        yield from _within(rest + b"\n", position, words)


def _next_data(descriptor: int, position: int) -> int:
    try:
        return os.lseek(descriptor, position, os.SEEK_DATA)
    except OSError:  # nothing but a hole, or a file system that knows none
        return max(position, os.fstat(descriptor).st_size) if position else position


def _within(buffer: bytes, position: int, words: Sequence[bytes]) -> Iterator[tuple[int, bytes]]:
    starts: set[int] = set()
    for word in words:
        at = buffer.find(word)
        while at >= 0:
            starts.add(buffer.rfind(b"\n", 0, at) + 1)
            after = buffer.find(b"\n", at)
            at = buffer.find(word, after) if after >= 0 else -1
    for start in sorted(starts):
        end = buffer.find(b"\n", start)
        yield position + start, buffer[start : min(end if end >= 0 else len(buffer), start + LONGEST)]
