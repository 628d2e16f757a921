"""The lines that may tell of trouble, found in the bytes: by ripgrep or grep where they are, else here.

Nothing is understood yet, and lines alike but for digits are only counted: a gigabyte of one error costs
what a hundred lines of it do. Memory does not grow with the logs.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from mitate.collect.logs.find import LogFile
from mitate.collect.logs.streams import BROKEN, LONGEST, opened
from mitate.model.errors import CannotSee

WORDS = (
    *(b"ERROR", b"CRITICAL", b" TRACE ", b"Traceback (most", b"|ERR|", b"|EMER|", b": error :", b"[error]"),
    *(b'" status: 5', b'.1" 5', b'.0" 5', b"HTTP/1.1 5"),
)
"""One of them is in every line that tells of trouble, in all forms that ``plain.py`` knows."""
SAMPLES = 16
"""Of lines alike, how many are looked at."""
MOST_KINDS = 20_000
PIECE = 1 << 20
MEMORY_KB = 400_000
"""What a grep may take: a line without an end makes it ask for more, and then it is done here."""
_SAME = bytes(set(b"0123456789abcdef") | {0})


class Alike(msgspec.Struct):
    """Lines that are one but for digits: where some of them are, how many there are, and the last one."""

    positions: list[int]
    count: int = 0
    last: bytes = b""
    last_position: int = 0


class Search:
    """The search in some logs, which goes on by itself from the moment that it is made."""

    def __init__(self, files: Sequence[LogFile], words: Sequence[bytes] = WORDS) -> None:
        self._files, self._words = files, words
        plain = [file for file in files if not file.packed and not _sparse(file.path)]
        self._plain = {str(file.path.absolute()): file for file in plain}
        self._process = _start(plain, words) if plain else None

    def found(self) -> Iterator[tuple[LogFile, dict[bytes, Alike]]]:
        """For each file its hits by kind; of what is damaged, those in what is whole. To be called once."""
        done: set[str] = set()
        if self._process is not None:
            found = dict(_output(self._process))
            if self._process.wait() <= 1:  # else it could not: out of memory, a file that it may not read
                done = set(self._plain)
                yield from ((self._plain[path], kinds) for path, kinds in found.items())
        for file in self._files:
            if str(file.path.absolute()) not in done:
                yield file, _here(file, self._words)


def _sparse(path: Path) -> bool:
    status = path.stat()
    return status.st_blocks * 512 < status.st_size // 2


def _start(files: Sequence[LogFile], words: Sequence[bytes]) -> subprocess.Popen[bytes] | None:
    """One process for all files. None where neither program is there."""
    patterns = [part for word in words for part in ("-e", word.decode())]
    paths = [str(file.path.absolute()) for file in files]
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
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"LC_ALL": "C", "PATH": os.environ.get("PATH", "")},
        )
    except OSError:
        return None


def _output(process: subprocess.Popen[bytes]) -> Iterator[tuple[str, dict[bytes, Alike]]]:
    """Lines of ``path NUL offset:line``, the paths one after the other or mixed."""
    assert process.stdout is not None
    by_path: dict[bytes, dict[bytes, Alike]] = {}
    rest = b""
    while piece := process.stdout.read(PIECE):
        lines = (rest + piece).split(b"\n")
        rest = lines.pop()
        for line in lines:
            path, _, hit = line.partition(b"\0")
            offset, _, text = hit.partition(b":")
            kinds = by_path.get(path)
            if kinds is None:
                kinds = by_path[path] = {}
            if offset.isdigit():
                _count(kinds, int(offset), text)
    process.stdout.close()
    for path, kinds in by_path.items():
        yield os.fsdecode(path), kinds


def _count(kinds: dict[bytes, Alike], position: int, line: bytes) -> None:
    kind = line[:400].translate(None, _SAME)
    alike = kinds.get(kind)
    if alike is None:
        if len(kinds) >= MOST_KINDS:
            kind = kind[:30]
            alike = kinds.get(kind)
        if alike is None:
            alike = kinds[kind] = Alike([])
    alike.count += 1
    if alike.count <= SAMPLES:
        alike.positions.append(position)
    alike.last = line
    alike.last_position = position


# -- here ---------------------------------------------------------------------------------------------------


def _here(file: LogFile, words: Sequence[bytes]) -> dict[bytes, Alike]:
    kinds: dict[bytes, Alike] = {}
    with suppress(*BROKEN, CannotSee):
        for position, line in hits(file, words):
            _count(kinds, position, line)
    return kinds


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
