"""A look with a person beside it: progress on a terminal, and Ctrl-C that keeps what was seen so far."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence
from pathlib import Path

import msgspec

from mitate import app
from mitate.cli._progress import Progress
from mitate.model.diagnosis import Diagnosis


class Seen(msgspec.Struct, frozen=True):
    """interrupted: somebody stopped the look, and the diagnosis is of what had been seen by then."""

    diagnosis: Diagnosis
    interrupted: bool


def look(truth: app.Truth, only: Sequence[str] | None = None, record_to: Path | None = None) -> Seen:
    """Raises CannotStart, or KeyboardInterrupt when it was stopped before anything could be seen."""
    return asyncio.run(_look(truth, only, record_to))


async def _look(truth: app.Truth, only: Sequence[str] | None, record_to: Path | None) -> Seen:
    with Progress() as progress:
        looking = asyncio.create_task(app.check_up(truth, only=only, progress=progress, record_to=record_to))
        stopped = _stop_at_signal(looking)
        try:
            return Seen(await looking, stopped.is_set())
        except asyncio.CancelledError:
            raise KeyboardInterrupt from None


def _stop_at_signal(looking: asyncio.Task[Diagnosis]) -> asyncio.Event:
    """The first SIGINT or SIGTERM asks the look to come to an end; the next one ends the program."""
    stopped, loop = asyncio.Event(), asyncio.get_running_loop()

    def stop() -> None:
        stopped.set()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
        looking.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    return stopped
