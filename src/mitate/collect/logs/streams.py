"""The bytes of a log, whatever it is compressed with, in pieces and in lines of bounded length."""

from __future__ import annotations

import io
import lzma
import shutil
import subprocess
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from mitate.model.errors import CannotSee

PIECE = 1 << 20
LONGEST = 1 << 16
"""Bytes kept of one line."""
BROKEN = (EOFError, zlib.error, lzma.LZMAError, OSError, ValueError)
_MAGIC = {
    b"\x1f\x8b": "gz",
    b"\xfd7zXZ": "xz",
    b"BZh": "bz2",
    b"\x28\xb5\x2f\xfd": "zst",
    b"LPKSHHRH": "journal",
}


def packed_as(path: Path) -> str:
    """gz, xz, bz2, zst, journal (systemd's own files), or "" for plain. Raises CannotSee."""
    try:
        with path.open("rb") as file:
            start = file.read(8)
    except OSError as error:
        raise CannotSee(error.strerror or "it cannot be read", "absent") from None
    return next((kind for magic, kind in _MAGIC.items() if start.startswith(magic)), "")


def has_records(path: Path, packed: str) -> bool:
    """Whether it holds entries of named fields, and no lines: a journal, or what one exports."""
    if packed == "journal":
        return True
    try:
        with opened(path, packed) as stream:
            return stream.read(9) == b"__CURSOR="
    except (*BROKEN, CannotSee):
        return False


@contextmanager
def opened(path: Path, packed: str) -> Iterator[io.BufferedReader]:
    """Raises CannotSee when it cannot be opened; BROKEN may be raised while it is read."""
    try:
        if packed in ("zst", "journal"):
            with _through(_PROGRAMS[packed], path) as stream:
                yield stream
            return
        file = cast("io.BufferedReader", _unpacking(packed)(path) if packed else path.open("rb"))
    except OSError as error:
        raise CannotSee(error.strerror or "it cannot be read", "absent") from None
    with file:
        yield file


def _unpacking(packed: str) -> Callable[[Path], Any]:
    opener: Callable[[Path], Any] = import_module({"gz": "gzip", "xz": "lzma", "bz2": "bz2"}[packed]).open
    return opener


_PROGRAMS = {
    "zst": ("zstd", "-dcq", "--"),
    "journal": ("journalctl", "--quiet", "--no-pager", "-o", "export", "--file"),
}


@contextmanager
def _through(command: tuple[str, ...], path: Path) -> Iterator[io.BufferedReader]:
    if shutil.which(command[0]) is None:
        raise CannotSee(f"{command[0]} is needed to read it, and is not installed here", "absent")
    process = subprocess.Popen(
        [*command, str(path.absolute())],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout is not None
    try:
        yield cast("io.BufferedReader", process.stdout)
    finally:
        process.stdout.close()
        with suppress(OSError):
            process.kill()
        process.wait()


def lines(stream: io.BufferedReader, position: int = 0) -> Iterator[tuple[int, bytes]]:
    """(where it begins, line) for each, without line break, cut at ``LONGEST`` bytes.

    A file that is cut off within its compression raises one of BROKEN after its last whole line.
    """
    rest, skipped, trouble = b"", 0, None
    while True:
        try:
            piece = stream.read1(PIECE)
        except BROKEN as error:
            piece, trouble = b"", error
        if not piece:
            break
        if skipped:
            cut = piece.find(b"\n")
            if cut < 0:
                skipped += len(piece)
                continue
            yield position, rest
            position += len(rest) + skipped + cut + 1
            rest, skipped, piece = b"", 0, piece[cut + 1 :]
        found = (rest + piece).split(b"\n")
        rest = found.pop()
        for line in found:
            yield position, line[:LONGEST]
            position += len(line) + 1
        if len(rest) > LONGEST:
            skipped = len(rest) - LONGEST
            rest = rest[:LONGEST]
    if rest:
        yield position, rest
    if trouble:
        raise trouble


def fields(stream: io.BufferedReader) -> Iterator[tuple[int, dict[str, str]]]:
    """The entries of ``journalctl -o export``: (where it begins, its fields)."""
    entry: dict[str, str] = {}
    begins = position = 0
    while True:
        line = stream.readline(LONGEST)
        if line in (b"\n", b"") and entry:
            yield begins, entry
            entry = {}
        if not line:
            return
        if not entry:
            begins = position
        position += len(line)
        name, equals, value = line.rstrip(b"\n").partition(b"=")
        if equals:
            entry[name[:64].decode(errors="replace")] = value.decode(errors="replace")
        elif name and len(size := stream.read(8)) == 8:
            length = int.from_bytes(size, "little")
            if length > 1 << 26:
                return  # no journal writes such a field: what follows cannot be trusted
            value = stream.read(length)
            stream.read(1)
            position += 9 + length
            entry[name[:64].decode(errors="replace")] = value[:LONGEST].decode(errors="replace")
        while not line.endswith(b"\n") and line:
            line = stream.readline(LONGEST)
            position += len(line)


class Reader:
    """Bytes at some places of a log, asked for in rising order; of what is packed, in one pass."""

    def __init__(self, stream: io.BufferedReader, packed: str) -> None:
        self._stream, self._seekable = stream, not packed
        self._start, self._held = 0, b""

    def at(self, position: int, size: int) -> bytes:
        """At most ``size`` bytes; fewer where the log ends, or is damaged."""
        try:
            if self._seekable:
                self._stream.seek(position)
                return self._stream.read(size)
            skipped = position - self._start
            self._held = self._held[skipped:] if skipped <= len(self._held) else self._skip(position)
            self._start = position
            while len(self._held) < size and (piece := self._stream.read1(PIECE)):
                self._held += piece
        except BROKEN:
            pass  # whoever searched it has told
        return self._held[:size]

    def _skip(self, position: int) -> bytes:
        """What was read too far when ``position`` was reached."""
        here, piece = self._start + len(self._held), b""
        while here <= position and (piece := self._stream.read1(PIECE)):
            here += len(piece)
        return piece[len(piece) - (here - position) :] if here > position else b""


def broken(error: BaseException) -> str:
    """What to say of one of BROKEN."""
    return f"damaged or cut off: {error or 'it ends early'}"
