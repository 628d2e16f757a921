"""The exam: every fault is broken, diagnosed by the real command, mended, and then all must be quiet again.

For each fault: break → `mitate check`, once, as an operator would → is it among what was found, and is it the
first cause? → mend → does `mitate check` find nothing? The lab knows nothing of how a diagnosis is made: it
runs the command and reads the JSON that everybody can read.
"""

from __future__ import annotations

import functools
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mitate.lab.errors import LabError
from mitate.lab.faults import Fault, all_faults, break_fault, mend_fault

if TYPE_CHECKING:
    from mitate.lab import Lab

CHECK = (sys.executable, "-m", "mitate", "check", "--lab", "--format", "json")
RECORD = (sys.executable, "-m", "mitate", "record", "--lab", "-o")
HEALTHY = "healthy"
"""The name of the recording that is made before anything is broken."""

QUIET_S = 60
"""How long the last traces of a mended fault (a counter, a tracked connection) may take to fade."""

_COMMAND_S = 180
_PASS = 0.95
"""The share of faults whose right cause must come first."""

_FOUND, _NOTHING = 1, 0
_ROW = "{:<33} {:<9} {:<12} {:<6} {:>8}  {}"
say_it: Callable[[str], None] = functools.partial(print, flush=True)


@dataclass(frozen=True)
class Result:
    """How one fault went. seconds: of the diagnosis, None without one. first: the first cause found."""

    fault: str
    detected: bool = False
    right_first: bool = False
    quiet: bool = False
    seconds: float | None = None
    first: str = ""

    def row(self) -> str:
        seconds = "" if self.seconds is None else f"{self.seconds:.1f}"
        answers = ("yes" if held else "NO" for held in (self.detected, self.right_first, self.quiet))
        return _ROW.format(self.fault, *answers, seconds, self.first).rstrip()


@dataclass(frozen=True)
class Look:
    """One run of the check: exit status, the causes of the JSON, wall time, and its last complaint."""

    status: int
    causes: tuple[dict[str, Any], ...]
    seconds: float
    complaint: str = ""

    @property
    def is_quiet(self) -> bool:
        return self.status == _NOTHING and not self.causes

    def findings(self) -> Iterator[dict[str, Any]]:
        """Causes and all that they explain."""
        for cause in self.causes:
            yield cause["finding"]
            yield from cause.get("explains", ())

    def first(self) -> str:
        if not self.causes:
            return self.complaint or "nothing found"
        finding = self.causes[0]["finding"]
        return f"{finding['check']}: {finding['subject']['name']}"


def exam(
    lab: Lab,
    names: Sequence[str] = (),
    *,
    first: Sequence[str] = (),
    within_s: float | None = None,
    seed: int | None = None,
    record_to: Path | None = None,
    check_command: Sequence[str] = CHECK,
    record_command: Sequence[str] = RECORD,
    quiet_s: float = QUIET_S,
    say: Callable[[str], None] = say_it,
) -> int:
    """Examine the faults `names` (default: all), those of `first` before the others.

    The order is random, of a seed that is told. within_s: no fault is begun that is not likely to be over by
    then. record_to: a directory that gets a recording of the healthy cloud and of each broken one.
    Returns the exit status, 0: all detected, all quiet after mending, and the right cause first in at least
    95 of 100; else 1. LabError when the cloud is not healthy to begin with. Whatever ends the exam, what it
    broke is mended.
    """
    seed = random.randrange(10_000) if seed is None else seed
    faults = _in_order(names, first, seed)
    look = functools.partial(_look, check_command, _environment(lab))
    record = functools.partial(_record, record_command, _environment(lab), record_to)
    began = time.monotonic()
    results: list[Result] = []
    slowest = 0.0
    say(f"exam of {len(faults)} faults, seed {seed}")
    with _terminated_like_interrupted():
        _must_be_quiet(lab, look, quiet_s)
        record(HEALTHY)
        say(_ROW.format("FAULT", "detected", "right first", "quiet", "seconds", "first cause"))
        for number, fault in enumerate(faults):
            this_began = time.monotonic()
            if within_s is not None and this_began - began + slowest > within_s:
                say("not run, since time was up: " + ", ".join(left.id for left in faults[number:]))
                break
            results.append(_examine(lab, fault, look, record, quiet_s, say))
            say(results[-1].row())
            if not results[-1].quiet and number + 1 < len(faults):
                say("resetting the cloud, lest this be held against the next fault")
                lab.reset()
            slowest = max(slowest, time.monotonic() - this_began)
    say(summary(results))
    return 0 if passed(results) else 1


def summary(results: Sequence[Result]) -> str:
    """The last line, for people and programs.

    >>> summary([Result("a", True, True, True, 2.04), Result("b", True, False, True, 4.0)])
    'exam: 2 faults, 2 detected, 1 right cause first, 2 quiet after mending, median 3.0 s to diagnose'
    """
    seconds = [result.seconds for result in results if result.seconds is not None]
    median = f"{statistics.median(seconds):.1f}" if seconds else "-"
    return (
        f"exam: {len(results)} faults, {sum(r.detected for r in results)} detected, "
        f"{sum(r.right_first for r in results)} right cause first, "
        f"{sum(r.quiet for r in results)} quiet after mending, median {median} s to diagnose"
    )


def passed(results: Sequence[Result]) -> bool:
    """All detected, all quiet, right cause first in 95 of 100. An exam without a fault is not passed."""
    right = sum(result.right_first for result in results)
    flawless = all(result.detected and result.quiet for result in results)
    return bool(results) and flawless and right >= _PASS * len(results)


# -- one fault --------------------------------------------------------------------------------------------


def _examine(
    lab: Lab,
    fault: Fault,
    look: Callable[[], Look],
    record: Callable[[str], None],
    quiet_s: float,
    say: Callable[[str], None],
) -> Result:
    seen, trouble = Look(_NOTHING, (), 0.0, "it was not brought about"), None
    diagnosed = False
    try:
        break_fault(lab, fault.id)
        seen, diagnosed = look(), True
        record(fault.id)
    except LabError as error:
        trouble = error
    finally:
        mended = _mend(lab, fault, say)
    quiet = mended and _is_quiet_within(look, quiet_s, say)
    if trouble:
        say(f"{fault.id}: {trouble}")
    first = seen.causes[0]["finding"] if seen.causes else {}
    return Result(
        fault=fault.id,
        detected=any(fault.expected.is_met_by(finding) for finding in seen.findings()),
        right_first=fault.expected.is_met_by(first),
        quiet=quiet,
        seconds=seen.seconds if diagnosed else None,
        first=seen.first(),
    )


def _mend(lab: Lab, fault: Fault, say: Callable[[str], None]) -> bool:
    try:
        mend_fault(lab, fault.id)
    except LabError as error:
        say(f"{fault.id}: {error}")
        return False
    return True


def _is_quiet_within(look: Callable[[], Look], quiet_s: float, say: Callable[[str], None]) -> bool:
    deadline = time.monotonic() + quiet_s
    while not (seen := look()).is_quiet:
        if time.monotonic() > deadline:
            say(f"not quiet: exit status {seen.status}; {_told(seen)}")
            return False
        time.sleep(1)
    return True


def _told(seen: Look) -> str:
    found = [f"{finding['check']}: {finding['subject']['name']}" for finding in seen.findings()]
    return "; ".join(found) or seen.complaint or "nothing found"


def _must_be_quiet(lab: Lab, look: Callable[[], Look], quiet_s: float) -> None:
    if not lab.is_up():
        raise LabError("The practice cloud is not up: run `mitate lab up`.")
    if lab.broken():
        raise LabError("The cloud has a fault in force: run `mitate lab mend` or `mitate lab reset` first.")
    told: list[str] = []
    if not _is_quiet_within(look, quiet_s, told.append):
        raise LabError("The cloud is not healthy before anything was broken.\n" + "\n".join(told))


# -- the commands -----------------------------------------------------------------------------------------


def _look(command: Sequence[str], environment: dict[str, str], attempt_s: float = _COMMAND_S) -> Look:
    """Run the check once. A command that hangs, or answers no JSON, is a look that found nothing."""
    began = time.monotonic()
    status, out, err = _run(command, environment, attempt_s)
    seconds = time.monotonic() - began
    try:
        causes = tuple(json.loads(out)["causes"])
    except (ValueError, KeyError, TypeError):
        causes = ()
        # without a diagnosis even status 0 says nothing
        status = status if status not in (_NOTHING, _FOUND) else 3
    lines = [line for line in err.strip().splitlines() if line.strip()]
    return Look(status, causes, seconds, lines[-1] if lines else f"exit status {status}")


def _record(command: Sequence[str], environment: dict[str, str], directory: Path | None, name: str) -> None:
    if directory is None:
        return
    directory.mkdir(parents=True, exist_ok=True)
    target = directory / f"{name}.tar.gz"
    target.unlink(missing_ok=True)  # what is there from the last exam gives way to the new one
    status, _, err = _run([*command, str(target)], environment, _COMMAND_S)
    if not target.exists():
        raise LabError(f"{name} was not recorded: exit status {status}.\n{err.strip()}")


def _run(command: Sequence[str], environment: dict[str, str], timeout_s: float) -> tuple[int, str, str]:
    try:
        ended = subprocess.run(
            list(command),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            env=environment,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return 3, "", f"did not end within {timeout_s:g} s"
    except OSError as error:
        raise LabError(f"{command[0]} cannot be started: {error.strerror or error}.") from error
    return ended.returncode, ended.stdout, ended.stderr


def _environment(lab: Lab) -> dict[str, str]:
    """The command is to look at this very lab, whichever directory it lives in."""
    return {**os.environ, "MITATE_LAB": str(lab.state.directory)}


def _in_order(names: Sequence[str], first: Sequence[str], seed: int) -> list[Fault]:
    known = all_faults()
    for name in (*names, *first):
        if name not in known:
            raise LabError(f"There is no fault called {name}: `mitate lab faults` lists them.")
    chosen = sorted(set(names) or set(known))
    random.Random(seed).shuffle(chosen)
    return [known[name] for name in sorted(chosen, key=lambda name: name not in first)]


@contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    """SIGTERM (a job that was cancelled) ends the exam as Ctrl-C does: after mending."""

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, interrupt)
    except ValueError:  # signals are the main thread's
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
