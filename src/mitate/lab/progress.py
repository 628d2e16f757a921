"""How the lab tells what it is doing, without knowing how that is shown."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol


class Progress(Protocol):
    """What the lab reports to. The command line shows bars or lines; tests and other callers show nothing."""

    def begin(self, phase: str) -> None:
        """A phase begins; phases do not nest."""

    def say(self, what: str, fraction: float | None = None) -> None:
        """What the phase does or waits for now; `fraction` (0…1) of the phase that is done, where known."""

    def end(self, phase: str, seconds: float) -> None:
        """The phase ended well. A phase that fails raises instead."""


class Silent:
    """A `Progress` that shows nothing."""

    def begin(self, phase: str) -> None: ...

    def say(self, what: str, fraction: float | None = None) -> None: ...

    def end(self, phase: str, seconds: float) -> None: ...


@dataclass
class Clocked:
    """Passes reports on to a `Progress`, and remembers how long each phase took (seconds)."""

    shown: Progress
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """One phase: reported when it begins and, unless it raises, when it ends."""
        self.shown.begin(name)
        began = time.monotonic()
        yield
        self.seconds[name] = time.monotonic() - began
        self.shown.end(name, self.seconds[name])

    def say(self, what: str, fraction: float | None = None) -> None:
        self.shown.say(what, fraction)
