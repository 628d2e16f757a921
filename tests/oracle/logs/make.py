"""Makes the corpus: a run for each fault of the catalogue, and runs in which nothing is wrong."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from mitate.lab import Lab, LabError
from tests.oracle.logs.catalogue import CodeFault
from tests.oracle.logs.runs import (
    Bench,
    Run,
    Wrong,
    arranged,
    broken,
    restart_project,
    switched_on,
    wait_heard,
)

Say = Callable[[str], None]


def make(
    lab: Lab, into: Path, faults: Sequence[CodeFault], exam: Mapping[str, str], healthy: int, say: Say
) -> None:
    """Make what `into` lacks yet of a run for each of these faults of the code and of the exam (id →
    project), and of so many healthy ones."""
    into.mkdir(parents=True, exist_ok=True)
    lacking = [fault for fault in faults if not (into / fault.id).is_dir()]
    names = [name for name in map("healthy{:03}".format, range(healthy)) if not (into / name).is_dir()]
    if names:
        _make_healthy(Bench(lab, into), names, say)
    if lacking:
        with arranged(lab, faults):
            _make_faulty(Bench(lab, into), lacking, say)
    for name in exam:
        if not (into / name).is_dir():
            _make_broken(Bench(lab, into), name, exam[name], say)


def _make_healthy(bench: Bench, names: Sequence[str], say: Say) -> None:
    """A run whose work fails although nothing is wrong is no healthy one (the machine may have been too
    busy): it is made again."""
    bench.clear()
    for name in names:
        for _ in range(3):
            run = bench.run(name)
            say(told(run))
            if not run.failed and run.steps:
                break
            bench.forget(name)
            bench.clear()
    bench.close()


def _make_faulty(bench: Bench, faults: Sequence[CodeFault], say: Say) -> None:
    for fault in faults:
        wrong = Wrong(fault.project, fault.file, fault.function, fault.kind)
        run = bench.run(fault.id, wrong, switched_on(bench.lab, fault))
        say(told(run))
        recover(bench, fault.id, fault.project, say)
    bench.close()


def _make_broken(bench: Bench, fault: str, project: str, say: Say) -> None:
    """One fault of the exam, which also mends what it has broken."""
    run = bench.run(fault, Wrong(project, kind="exam"), broken(bench.lab, fault))
    say(told(run))
    recover(bench, fault, project, say)
    bench.close()


def recover(bench: Bench, fault: str, project: str, say: Say) -> None:
    """What the fault has left is cleared away; where that fails, its project's services start anew first."""
    for _ in range(2):
        left = bench.clear()
        if not left:
            try:
                wait_heard(bench.lab)
                return
            except LabError as error:
                left = [str(error)]
        say(f"{fault}: left: {'; '.join(left)[:200]}; {project} starts anew")
        restart_project(bench.lab, project)
    left = bench.clear()
    if left:
        raise LabError(f"{fault} has left what cannot be cleared away: {'; '.join(left)}")


def told(run: Run) -> str:
    """One line for people.

    >>> told(Run("a", ({"step": "boot", "state": "failed", "seconds": 3.0, "says": "no"},), 4.0))
    'a: 4 s; boot failed after 3.0 s: no'
    """
    failed = [
        f"{step['step']} failed after {step['seconds']} s: {step['says'][:100]}"
        for step in run.steps
        if step["state"] == "failed"
    ]
    slowest = max(run.steps, key=lambda step: step["seconds"], default=None)
    said = failed or (
        [f"slowest: {slowest['step']}, {slowest['seconds']} s"] if slowest else ["nothing done"]
    )
    return f"{run.name}: {run.seconds:.0f} s; {'; '.join(said)}"


def draw(faults: Sequence[CodeFault], count: int | None, seed: int) -> list[CodeFault]:
    """So many of the faults, in an order of this seed."""
    chosen = list(faults)
    random.Random(seed).shuffle(chosen)
    return chosen[:count]
