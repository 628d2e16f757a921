"""Processes that are there and do not run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from mitate.analyze.check import Problem
from mitate.analyze.fixes import engine, on
from mitate.analyze.life import Key, Life
from mitate.analyze.loss import loss
from mitate.analyze.stopped import Row, alive, last_report
from mitate.model.diagnosis import Confidence, Severity, Subject
from mitate.model.host import Container, Process
from mitate.model.source import Fact


class Freeze(msgspec.Struct, frozen=True):
    """held: the processes that do not run, the main one first. whole: whether the main one is among them."""

    host: str
    service: str
    held: tuple[Process, ...]
    of: int
    """How many processes of the service there are."""
    whole: bool
    pause: Container | None
    row: Row | None


def freezes(everything: Mapping[Key, Life], rows: Mapping[Key, Row]) -> Iterator[Freeze]:
    """Stopped by a signal (T), paused by the engine, or in the kernel (D) while the API has lost it.

    A process that reports may well be seen in D, and one that is traced in t, for a moment: those two count
    only beside a dead heartbeat.
    """
    for key, life in everything.items():
        row, main = rows.get(key), life.main
        held = life.held
        if not held and main and main.state in ("D", "t") and row is not None and not alive(row):
            held = (main,)
        if held or life.paused:
            whole = life.paused is not None or main in held
            yield Freeze(life.host, life.service, held, len(life.running), whole, life.paused, row)


def frozen_problem(freeze: Freeze, subject: Subject) -> Problem:
    pids = [str(process.pid) for process in freeze.held]
    seen: list[Fact] = [*freeze.held[:3]]
    if freeze.pause:
        how, fix = (
            f"its container {freeze.pause.name} is paused",
            on(freeze.host, engine(freeze.pause), "unpause", freeze.pause.name),
        )
        seen.insert(0, freeze.pause)
    elif freeze.held[0].state == "D":
        how, fix = "stuck in the kernel (state D)", on(freeze.host, "cat", f"/proc/{pids[0]}/stack")
    else:
        how, fix = (
            f"stopped by a signal (state {freeze.held[0].state})",
            on(freeze.host, "kill", "-CONT", *pids),
        )
    row = freeze.row
    if row is not None:
        seen.append(row)
    if freeze.whole:
        who = f"process {pids[0]}" if pids else "its processes"
        says = f"{subject.name} is there as {who}, but {how}: it does nothing{loss(freeze.service)}"
    else:
        says = (
            f"{len(pids)} of {freeze.of} processes of {subject.name} are {how}: what they took stays undone"
        )
    return Problem(
        subject=subject,
        says=says,
        seen=tuple(seen),
        since=last_report(row) if row is not None else None,
        severity=None if freeze.whole else Severity.WARNING,
        confidence=Confidence.PROVED if row is not None and not alive(row) else Confidence.CONFIRMED,
        fix=(fix,),
    )
