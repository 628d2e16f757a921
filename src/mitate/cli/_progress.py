"""Which places have answered and which are awaited: one line on standard error, gone in the end."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.status import Status
from rich.text import Text

from mitate.report.digest.words import count, listing, place


class Progress:
    """Says nothing where standard error is no terminal."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True, highlight=False)
        self._status: Status | None = None
        self._awaited: dict[str, None] = {}
        self._answered = 0
        self._silent = 0

    def __enter__(self) -> Progress:
        if self._console.is_terminal:
            self._status = self._console.status(Text("looking"))
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status:
            self._status.stop()

    def asked(self, place: str) -> None:
        """Somebody is being asked."""
        self._awaited[place] = None
        self._show()

    def answered(self, place: str, seen: bool) -> None:
        """They answered; seen: with at least one thing."""
        self._awaited.pop(place, None)
        if seen:
            self._answered += 1
        else:
            self._silent += 1
        self._show()

    def _show(self) -> None:
        if self._status:
            line = Text(self.line(), no_wrap=True, overflow="ellipsis")
            line.truncate(max(20, self._console.width - 4), overflow="ellipsis")
            self._status.update(line)

    def line(self) -> str:
        """2 places answered, 1 could not; waiting for API, compute1 and 4 more"""
        said = f"{count(self._answered, 'place')} answered"
        if self._silent:
            said += f", {self._silent} could not"
        if not self._awaited:
            return f"{said}; thinking"
        return f"{said}; waiting for {listing([place(name) for name in self._awaited], 4)}"
