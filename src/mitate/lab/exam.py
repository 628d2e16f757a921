"""The exam: every fault is broken, diagnosed by the real command, mended, and then all must be quiet again.

For each fault: break → `mitate check`, `mitate trace`, `mitate placement`, `mitate logs errors` or `mitate
drift`, once, as an operator would → is it among what was found, and does it come first? → of a server that
got no host: do the smallest change; is it built now? → mend → does `mitate check` find nothing, does the
packet arrive, would the server get a host, does nothing differ any more?
"""

from __future__ import annotations

import functools
import random
import signal
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from mitate.lab.change import try_change
from mitate.lab.errors import LabError
from mitate.lab.faults import (
    Anything,
    Drifted,
    Fault,
    Logged,
    Placed,
    Traced,
    all_faults,
    break_fault,
    faults_of,
    mend_fault,
)
from mitate.lab.faults._asked import ids
from mitate.lab.faults._places import addresses
from mitate.lab.look import Commands, Look, environment_of

if TYPE_CHECKING:
    from mitate.lab import Lab

HEALTHY = "healthy"
"""The name of the recording that is made before anything is broken."""

QUIET_S = 60
"""How long the last traces of a mended fault (a counter, a tracked connection) may take to fade."""

_PASS = 0.95
"""The share of faults whose right cause must come first."""

_ROW = "{:<35} {:<9} {:<12} {:<7} {:<6} {:>8}  {}"
say_it: Callable[[str], None] = functools.partial(print, flush=True)


@dataclass(frozen=True)
class Result:
    """How one fault went. changed: whether the smallest change gave the server a host, None where there is
    none to try. seconds: of the diagnosis, None without one. first: what came first in it.
    """

    fault: str
    detected: bool = False
    right_first: bool = False
    quiet: bool = False
    seconds: float | None = None
    first: str = ""
    changed: bool | None = None

    def row(self) -> str:
        seconds = "" if self.seconds is None else f"{self.seconds:.1f}"
        held = (self.detected, self.right_first, self.changed, self.quiet)
        answers = ("" if each is None else "yes" if each else "NO" for each in held)
        return _ROW.format(self.fault, *answers, seconds, self.first).rstrip()


def exam(
    lab: Lab,
    names: Sequence[str] = (),
    *,
    first: Sequence[str] = (),
    within_s: float | None = None,
    seed: int | None = None,
    record_to: Path | None = None,
    commands: Commands | None = None,
    quiet_s: float = QUIET_S,
    say: Callable[[str], None] = say_it,
) -> int:
    """Examine the faults `names` (default: all of the lab's driver), those of `first` before the others.

    The order is random, of a seed that is told. within_s: no fault is begun that is not likely to be over by
    then. record_to: a directory that gets a recording of the healthy cloud and of each broken one that
    can be told by looking.
    Returns the exit status, 0: all detected, every smallest change good, all quiet after mending, and the
    right cause first in at least 95 of 100; else 1. LabError when the cloud is not healthy to begin with.
    Whatever ends the exam, what it broke is mended.
    """
    seed = random.randrange(10_000) if seed is None else seed
    recipe = lab.recipe()
    faults = _in_order(faults_of(recipe.driver, recipe.fakes), names, first, seed)
    began = time.monotonic()
    results: list[Result] = []
    slowest = 0.0
    say(f"exam of {len(faults)} faults, seed {seed}")
    with _terminated_like_interrupted(), TemporaryDirectory(prefix="mitate-exam-") as passing:
        kept = record_to or Path(passing)
        commands = commands or Commands(environment_of(lab.state.directory))
        examiner = Examiner(lab, commands, kept, record_to is not None, quiet_s, say)
        examiner.begin(faults)
        say(_ROW.format("FAULT", "detected", "right first", "change", "quiet", "seconds", "what came first"))
        for number, fault in enumerate(faults):
            this_began = time.monotonic()
            if within_s is not None and this_began - began + slowest > within_s:
                say("not run, since time was up: " + ", ".join(left.id for left in faults[number:]))
                break
            results.append(examiner.examine(fault))
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
    tried = [result.changed for result in results if result.changed is not None]
    changes = f"; {sum(tried)} of {len(tried)} smallest changes gave a host" if tried else ""
    return (
        f"exam: {len(results)} faults, {sum(r.detected for r in results)} detected, "
        f"{sum(r.right_first for r in results)} right cause first, "
        f"{sum(r.quiet for r in results)} quiet after mending, median {median} s to diagnose{changes}"
    )


def passed(results: Sequence[Result]) -> bool:
    """All detected, every smallest change good, all quiet, right cause first in 95 of 100. An exam without a
    fault is not passed."""
    right = sum(result.right_first for result in results)
    flawless = all(result.detected and result.quiet and result.changed is not False for result in results)
    return bool(results) and flawless and right >= _PASS * len(results)


@dataclass(frozen=True)
class Examiner:
    """Examines one fault after the other. kept: the directory for recordings. records: whether to make one of
    each fault; that of the healthy cloud is also made for those that must be told beside it. quiet_s: see
    `exam`.
    """

    lab: Lab
    commands: Commands
    kept: Path
    records: bool
    quiet_s: float
    say: Callable[[str], None]

    def begin(self, faults: Sequence[Fault]) -> None:
        """Look whether there is a healthy cloud to begin with, and record it."""
        if not self.lab.is_up():
            raise LabError("The practice cloud is not up: run `mitate lab up`.")
        if self.lab.broken():
            raise LabError(
                "The cloud has a fault in force: run `mitate lab mend` or `mitate lab reset` first."
            )
        drifted = [each for fault in faults for each in fault.drifted]
        for look in (self.commands.check_up, *([self.commands.compare] if drifted else [])):
            if left := self._left(look):
                raise LabError(f"The cloud is not healthy before anything was broken.\n{left}")
        if self.records or any(each.beside_healthy for each in drifted):
            self.commands.keep(self.kept, HEALTHY)

    def examine(self, fault: Fault) -> Result:
        """Break, look, mend, look again."""
        looks: list[tuple[Anything, Look]] = []
        changed = trouble = None
        since = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
        try:
            break_fault(self.lab, fault.id)
            looks = self._look(fault, since)
            if self.records and fault.shows:
                self.commands.keep(self.kept, fault.id)
            changed = self._change(fault, looks)
        except LabError as error:
            trouble = error
        finally:
            mended = self._mend(fault)
        quiet = mended and self._is_quiet_after(fault)
        if trouble:
            self.say(f"{fault.id}: {trouble}")
        wrong = [look for expected, look in looks if not look.finds_first(expected)]
        return Result(
            fault=fault.id,
            detected=bool(looks) and all(look.finds(expected) for expected, look in looks),
            right_first=bool(looks) and not wrong,
            quiet=quiet,
            seconds=max((look.seconds for _, look in looks), default=None),
            first=(wrong or [look for _, look in looks])[0].first() if looks else "it was not brought about",
            changed=changed,
        )

    def _look(self, fault: Fault, since: str) -> list[tuple[Anything, Look]]:
        """What each command says that is expected to say something; the check is run once at most.

        since: when the fault was begun; of the logs only what came later is read.
        """
        check = functools.cache(self.commands.check_up)

        def look(expected: Anything) -> Look:
            if isinstance(expected, Traced):
                return self._follow(expected)
            if isinstance(expected, Logged):
                return self.commands.read_logs(since)
            if isinstance(expected, Drifted):
                return self._compare(expected)
            return self._place(expected) if isinstance(expected, Placed) else check()

        return [(each, look(each)) for each in fault.expected]

    def _follow(self, traced: Traced) -> Look:
        return self.commands.follow(traced, addresses(self.lab))

    def _place(self, placed: Placed) -> Look:
        return self.commands.place(placed.arguments(ids(self.lab)))

    def _compare(self, drifted: Drifted) -> Look:
        look = self._drift(drifted)
        return replace(look, found=tuple(map(self._with_its_line, look.found)))

    def _drift(self, drifted: Drifted) -> Look:
        healthy = self.kept / f"{HEALTHY}.tar.gz"
        return self.commands.compare(healthy if drifted.beside_healthy else None)

    def _with_its_line(self, difference: Mapping[str, Any]) -> Mapping[str, Any]:
        """With what really stands in that line of that file, so that a wrong number is seen."""
        hosts, file, line = (difference.get(key) for key in ("hosts", "file", "line"))
        if not hosts or not file or not line:
            return difference
        stands = self.lab.host(hosts[0]).sh('sed -n "$1p" "$2"', str(line), str(file), check=False)
        return {**difference, "stands": stands.rstrip("\n")}

    def _change(self, fault: Fault, looks: Sequence[tuple[Anything, Look]]) -> bool | None:
        """Whether the smallest change, done as told, gives the server a host; None: there is none to try."""
        tried = None
        for expected, look in looks:
            if isinstance(expected, Placed) and expected.changed:
                why = try_change(self.lab, expected, look.found[0] if look.found else {})
                tried = not why
                if why:
                    self.say(f"{fault.id}: the smallest change: {why}")
        return tried

    def _mend(self, fault: Fault) -> bool:
        try:
            mend_fault(self.lab, fault.id)
        except LabError as error:
            self.say(f"{fault.id}: {error}")
            return False
        return True

    def _is_quiet_after(self, fault: Fault) -> bool:
        looks: list[Callable[[], Look]] = [self.commands.check_up]
        looks += [functools.partial(self._follow, traced) for traced in fault.traced if traced.cured]
        looks += [functools.partial(self.commands.place, placed.mended) for placed in fault.placed]
        looks += [functools.partial(self._drift, drifted) for drifted in fault.drifted]
        with ThreadPoolExecutor(len(looks)) as at_once:  # both mostly wait for hosts
            left = [said for said in at_once.map(self._left, looks) if said]
        for said in left:
            self.say(said)
        return not left

    def _left(self, look: Callable[[], Look]) -> str:
        """What a look goes on finding for longer than it may; "" when it finds nothing any more."""
        deadline = time.monotonic() + self.quiet_s
        while not (seen := look()).is_quiet:
            if time.monotonic() > deadline:
                return f"not quiet: exit status {seen.status}; {seen.told()}"
            time.sleep(1)
        return ""


def _in_order(
    known: Mapping[str, Fault], names: Sequence[str], first: Sequence[str], seed: int
) -> list[Fault]:
    for name in (*names, *first):
        if name not in all_faults():
            raise LabError(f"There is no fault called {name}: `mitate lab faults` lists them.")
        if name in names and name not in known:
            raise LabError(f"{name} cannot be brought about with the driver and hosts of this cloud.")
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
