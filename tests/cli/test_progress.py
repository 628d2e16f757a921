"""What is said while it looks: on a terminal only, and never a name as the cloud wrote it."""

from __future__ import annotations

import io

from rich.console import Console

from mitate.cli._progress import Progress


def watched(terminal: bool) -> tuple[Progress, io.StringIO]:
    stream = io.StringIO()
    return Progress(Console(file=stream, force_terminal=terminal, width=60, _environ={})), stream


def test_the_line() -> None:
    progress, _ = watched(terminal=False)
    for place in ("api", "compute1", "compute2", "compute3", "compute4", "\x1b[31mred"):
        progress.asked(place)
    assert progress.line() == "0 places answered; waiting for API, compute1, compute2, compute3 and 2 more"
    for place in ("api", "compute1", "compute2", "compute3"):
        progress.answered(place, seen=True)
    progress.answered("compute4", seen=False)
    assert progress.line() == "4 places answered, 1 could not; waiting for red"
    progress.answered("\x1b[31mred", seen=True)
    assert progress.line() == "5 places answered, 1 could not; thinking"


def test_nothing_where_nobody_watches() -> None:
    progress, stream = watched(terminal=False)
    with progress:
        progress.asked("compute1")
    assert stream.getvalue() == ""


def test_a_terminal_is_left_clean() -> None:
    """The line is erased and the cursor is back in the end."""
    progress, stream = watched(terminal=True)
    with progress:
        progress.asked("compute1")
    assert "waiting for compute1" in stream.getvalue()
    assert stream.getvalue().endswith("\x1b[?25h\r\x1b[1A\x1b[2K")
