"""Running a command and measuring it, and showing what was measured."""

from __future__ import annotations

import ast
import os
import statistics
import subprocess
import sys
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


_LAUNCH = """
import os, subprocess, sys, time
began = time.monotonic()
process = subprocess.Popen(sys.argv[2:])
_, status, used = os.wait4(process.pid, 0)  # its use, and that of those of its children that it waited for
told = (time.monotonic() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
os.write(int(sys.argv[1]), repr(told).encode())
os._exit(os.waitstatus_to_exitcode(status) & 255)
"""
"""Started between: the memory of whoever starts a process counts as taken by that process as well."""


_ENVIRON = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""With compiled modules, as what is installed has them; the first run may have to compile them."""


def _once(command: Sequence[str], allowed: set[int]) -> tuple[float, float, float, str]:
    told, tell = os.pipe()
    with os.fdopen(told) as used:
        done = subprocess.run(
            [sys.executable, "-S", "-E", "-c", _LAUNCH, str(tell), *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            pass_fds=[tell],
            env=_ENVIRON,
            check=False,
        )
        os.close(tell)
        numbers = used.read()
    if done.returncode not in allowed:
        raise SystemExit(f"{' '.join(command)}: exit status {done.returncode}\n{done.stdout[-2000:]}")
    wall_s, cpu_s, peak_mb = ast.literal_eval(numbers)
    return wall_s, cpu_s, peak_mb, done.stdout


def show(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table: the first column is text, the others are numbers."""
    table = Table(title=title, title_justify="left")
    for at, name in enumerate(head):
        table.add_column(name, justify="right" if at else "left")
    for row in rows:
        table.add_row(*row)
    Console(width=110).print(table)
