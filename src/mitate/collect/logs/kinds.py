"""Hits alike but for digits: counted, and where some of them are."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import msgspec

from mitate.collect.logs.find import LogFile

SAMPLES = 16
"""Of lines alike, how many are looked at."""
MOST_KINDS = 20_000
"""Of all logs together: beyond them lines are alike when they begin alike."""
TELLING, FEW = 400, 30
"""Bytes of a line by which it is like others; and where there are too many kinds."""
_SAME = bytes(set(b"0123456789abcdef") | {0})


class Alike(msgspec.Struct):
    """Lines that are one but for digits: where some of them are, how many there are, and the last one.

    earlier: they were written before the time that was asked for.
    """

    positions: list[int]
    count: int = 0
    last_position: int = 0
    earlier: bool = False

    @property
    def samples(self) -> list[int]:
        """Where those begin that are worth a look, in their order."""
        return [*self.positions, *([self.last_position] if self.count > len(self.positions) else [])]


class Room(msgspec.Struct):
    """How many kinds may still be told apart."""

    left: int = MOST_KINDS


class Kinds:
    """The hits of one log. since, until: seconds since 1970; what is younger is left out."""

    def __init__(self, file: LogFile, since: float | None, until: float | None, room: Room) -> None:
        self.file = file
        self._known: dict[bytes, Alike] = {}
        self._room = room
        self._since, self._until = since, until
        self._bounded = since is not None or until is not None
        self._from, self._to = _stamp(since), _stamp(until) or b"9"

    @property
    def every(self) -> list[Alike]:
        return list(self._known.values())

    def count(self, position: int, line: bytes) -> None:
        """One hit: where its line begins, and the line."""
        side = self._side(line) if self._bounded else 0
        if side > 0:
            return
        alike = self._alike(line[:TELLING].translate(None, _SAME), earlier=side < 0)
        alike.count += 1
        if alike.count <= SAMPLES:
            alike.positions.append(position)
        alike.last_position = position

    def count_all(self, block: bytes, head: bytes, begin: int = 0) -> None:
        """Many hits at once, of any time: lines of ``head``, position after ``begin``, colon, line."""
        lines = block.split(b"\n")[:-1]
        start = len(head.translate(None, _SAME)) + 1
        keys = [each[start : start + TELLING] for each in block.translate(None, _SAME).split(b"\n")[:-1]]
        last = dict(zip(keys, range(len(keys)), strict=True))
        few: set[bytes] = set()
        for key, number in Counter(keys).items():
            alike = self._alike(key)
            if alike.count < SAMPLES:
                few.add(key)
            alike.count += number
            alike.last_position = begin + _position(lines[last[key]], head)
        for key, line in zip(keys, lines, strict=True) if few else ():
            if key in few:
                alike = self._alike(key)
                if len(alike.positions) < SAMPLES:
                    alike.positions.append(begin + _position(line, head))
                else:
                    few.discard(key)

    def _alike(self, kind: bytes, *, earlier: bool = False) -> Alike:
        if earlier:
            kind = b"<" + kind
        alike = self._known.get(kind)
        if alike is None and self._room.left <= 0:
            kind = kind[:FEW]
            alike = self._known.get(kind)
        if alike is None:
            self._room.left -= 1
            alike = self._known[kind] = Alike([], earlier=earlier)
        return alike

    def _side(self, line: bytes) -> int:
        """-1: before the time asked for, 1: after it, 0: within, or it tells no time."""
        if line[10:11] == b" " and line[19:20] in b".," and line[4:5] == b"-" and line[23:24] == b" ":
            at = line[:23].replace(b",", b".")  # as oslo.log writes it, which sorts as text
            return -1 if at < self._from else 1 if at > self._to else 0
        from mitate.collect.logs.wrapped import understood  # noqa: PLC0415 - slow, and seldom needed

        when = understood(line.decode("utf-8", "replace"), self.file.year).at
        if when is None:
            return 0
        if self._since is not None and when < self._since:
            return -1
        return 1 if self._until is not None and when > self._until else 0


def _position(line: bytes, head: bytes) -> int:
    return int(line[len(head) : line.index(b":", len(head))])


def _stamp(at: float | None) -> bytes:
    """As oslo.log writes it, "" for None."""
    if at is None:
        return b""
    return datetime.fromtimestamp(max(0.0, min(at, 4e9)), UTC).isoformat(" ", "milliseconds")[:23].encode()
