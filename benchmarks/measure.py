"""Running a command and measuring it, and showing what was measured."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Run:
    """Medians of several runs. wall_s, cpu_s: seconds. peak_mb: of its largest process. out: of the last."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    out: str


def measured(command: Sequence[str], *, times: int, allowed: Iterable[int] = (0,)) -> Run:
    """Runs the command so often. Raises SystemExit with its last words when its status is not allowed."""
    runs = [_once(command, set(allowed)) for _ in range(times)]
    median = [statistics.median(column) for column in zip(*(run[:3] for run in runs), strict=True)]
    return Run(median[0], median[1], median[2], runs[-1][3])


def _once(command: Sequence[str], allowed: set[int]) -> tuple[float, float, float, str]:
    began = time.monotonic()
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as child:
        assert child.stdout
        out = child.stdout.read()
        # its own use, and that of those of its children that it waited for
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    wall = time.monotonic() - began
    if child.returncode not in allowed:
        raise SystemExit(f"{' '.join(command)}: exit status {child.returncode}\n{out[-2000:]}")
    return wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, out


def show(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table: the first column is text, the others are numbers."""
    table = Table(title=title, title_justify="left")
    for at, name in enumerate(head):
        table.add_column(name, justify="right" if at else "left")
    for row in rows:
        table.add_row(*row)
    Console(width=110).print(table)
