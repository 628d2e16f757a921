"""`mitate lab`: the practice cloud from the command line.

Two helpers of the lab are reached only when they are needed: `mitate.lab.faults` and `mitate.lab.exam`.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from mitate.lab import ApiStatus, Lab, LabError, LabStatus

if TYPE_CHECKING:
    from mitate.lab.faults import Fault

_EXAMPLE = """\
example:
  mitate lab up                          the whole cloud, until its servers answer a ping
  mitate lab break --random --quiet      break something, and do not say what
  mitate check --lab                     find out
  mitate lab mend                        put it right again, and say what it was
"""
_LINE_EVERY_S = 10


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `lab` and its verbs to the command line."""
    parser = subparsers.add_parser(
        "lab",
        help="a practice cloud on this machine, to break and to mend",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    up = verbs.add_parser("up", help="bring the cloud up (the first time it is built: minutes)")
    up.add_argument(
        "--driver",
        help="network driver: linuxbridge or ovs (default: that of the last time, else linuxbridge)",
    )
    up.add_argument("--release", help="release (default: that of the last time, else bookworm)")
    up.add_argument(
        "--fake-computes",
        type=int,
        metavar="N",
        help="hosts that run nova-compute with no hypervisor, for practice with the scheduler "
        "(default: as many as the last time, else none)",
    )
    verbs.add_parser("down", help="end it and leave nothing of it running, whatever state it is in")
    verbs.add_parser("status", help="hosts, services, servers, faults in force, and who holds the lab")
    verbs.add_parser("save", help="make the present state the one that `up` and `reset` return to")
    verbs.add_parser("reset", help="back to the saved healthy state")
    enter = verbs.add_parser("enter", help="a root shell, or a command, on a host")
    enter.add_argument("host", metavar="HOST")
    enter.add_argument("command", nargs=argparse.REMAINDER, metavar="COMMAND")
    client = verbs.add_parser("openstack", help="the cloud's own command line client, as administrator")
    client.add_argument("arguments", nargs=argparse.REMAINDER, metavar="ARGS")
    verbs.add_parser("faults", help="the faults that can be practised")
    breaking = verbs.add_parser("break", help="bring a fault about")
    which = breaking.add_mutually_exclusive_group(required=True)
    which.add_argument("fault", nargs="?", metavar="FAULT")
    which.add_argument("--random", action="store_true", help="any fault")
    breaking.add_argument("--quiet", action="store_true", help="do not say which (for practice)")
    mend = verbs.add_parser("mend", help="put a fault right, or all that are in force")
    mend.add_argument("fault", nargs="?", metavar="FAULT")
    exam = verbs.add_parser(
        "exam", help="every fault: break, diagnose, mend, and see that all is quiet again"
    )
    exam.add_argument("faults", nargs="*", metavar="FAULT")
    exam.add_argument("--within", type=seconds, metavar="TIME", help="as many faults as fit, e.g. 30m")
    exam.add_argument("--seed", type=int, help="order of the faults (default: random, and printed)")
    exam.add_argument("--first", action="append", default=[], metavar="FAULT", help="one to begin with")
    exam.add_argument("--record", type=Path, metavar="DIR", help="keep a recording of each broken cloud")
    parser.set_defaults(run=run)


def seconds(text: str) -> float:
    """A time such as `90`, `90s`, `30m` or `2h`, in seconds. ValueError for anything else.

    >>> seconds("30m")
    1800.0
    """
    factor = {"s": 1, "m": 60, "h": 3600}.get(text[-1:])
    return float(text[:-1]) * factor if factor else float(text)


def run(args: argparse.Namespace) -> int:
    """Do what was asked; returns the exit status: 0 done, 1 an exam that failed, 2 could not."""
    try:
        return _VERBS[args.verb](args)
    except LabError as error:
        says, _, evidence = str(error).partition("\n")
        console = Console(stderr=True, highlight=False)
        console.print(f"mitate: {_plain(says)}", soft_wrap=True)
        if evidence:
            console.print(_plain(evidence), style="dim", soft_wrap=True)
        return 2
    except KeyboardInterrupt:
        print("mitate: interrupted; `mitate lab down` clears away what there is.", file=sys.stderr)
        return 2


# -- up, down, save, reset ------------------------------------------------------------------------------


def _up(args: argparse.Namespace) -> int:
    with _Shown() as shown:
        phases = Lab.at(progress=shown).up(args.release, args.driver, args.fake_computes)
    _say_ready(phases)
    return 0


def _reset(args: argparse.Namespace) -> int:
    with _Shown() as shown:
        phases = Lab.at(progress=shown).reset()
    _say_ready(phases)
    return 0


def _say_ready(phases: dict[str, float]) -> None:
    print(
        f"The practice cloud is up and healthy ({sum(phases.values()):.0f} s). Look at it: mitate check --lab"
    )


def _down(args: argparse.Namespace) -> int:
    Lab.at().down()
    print("The practice cloud is down; nothing of it runs.")
    return 0


def _save(args: argparse.Namespace) -> int:
    with _Shown() as shown:
        stood = Lab.at(progress=shown).save()
    print(f"Saved: `up` and `reset` now return to this state (the hosts stood still for {stood:.1f} s).")
    return 0


# -- looking --------------------------------------------------------------------------------------------


def _status(args: argparse.Namespace) -> int:
    status = Lab.at().status()
    console = Console(highlight=False)
    table = Table(box=None, pad_edge=False)
    for title in ("host", "state", "processes", "memory", "failed units"):
        table.add_column(title, justify="right" if title in ("processes", "memory") else "left")
    for host in status.hosts:
        memory = f"{host.memory / 2**20:.0f} MB" if host.memory else ""
        table.add_row(host.name, host.state, str(host.processes), memory, " ".join(host.failed_units))
    console.print(table)
    for line in _lines(status):
        console.print(_plain(line), soft_wrap=True)
    return 0


def _lines(status: LabStatus) -> list[str]:
    driver = f"Driver: {status.recipe.driver} ({status.recipe.driver_title}), {status.recipe.title}"
    if isinstance(status.api, ApiStatus):
        api = status.api
        servers = ", ".join(f"{name} {state}" for name, state in sorted(api.servers.items())) or "none"
        answers = (
            f"API: {api.services[0]} of {api.services[1]} compute services up, "
            f"{api.agents[0]} of {api.agents[1]} network agents alive; servers: {servers}"
        )
    else:
        answers = f"API: {status.api or 'the hosts are down'}"
    if status.recipe.fakes:
        driver += f", {status.recipe.fakes} fake computes"
    said = [driver, answers]
    told = [name for name in status.broken if name not in status.hidden]
    if len(told) < len(status.broken):
        told.append(f"{len(status.broken) - len(told)} that you asked not to be told")
    said.append(f"Faults in force: {', '.join(told) or 'none'}")
    said.append(f"Held by: {status.holder.says() if status.holder else 'nobody'}")
    for saved in status.saved:
        taken = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(saved.taken_at))
        fakes = f", {saved.fakes} fake computes" if saved.fakes else ""
        said.append(f"Saved state: {taken} ({saved.release}, {saved.driver}{fakes})")
    if not status.saved:
        said.append("Saved state: none")
    disk, memory = status.disk_free / 2**30, status.memory_available / 2**30
    return [*said, f"In {status.directory}: {disk:.1f} GB of disk free; {memory:.1f} GB of memory available"]


def _enter(args: argparse.Namespace) -> int:
    _become(Lab.at(), args.host, args.command or ["bash", "-l"])
    return 0


def _openstack(args: argparse.Namespace) -> int:
    _become(Lab.at(), "operator", Lab.openstack_argv(*args.arguments))
    return 0


def _become(lab: Lab, host: str, command: list[str]) -> None:
    """Turn this process into a command on a host: terminal, signals and exit status are the command's."""
    argv = [*lab.host(host).entry(), f"TERM={os.environ.get('TERM', 'linux')}", *command]
    sys.stdout.flush()
    os.execvp(argv[0], argv)  # noqa: S606 - a shell would only be in the way


# -- faults ---------------------------------------------------------------------------------------------


def _faults(args: argparse.Namespace) -> int:
    from mitate.lab.faults import DRIVERS, all_faults  # noqa: PLC0415 - see the module's docstring

    faults = all_faults()
    width = max(map(len, faults))
    for name, fault in sorted(faults.items()):
        only = "" if fault.drivers == DRIVERS else f" ({' and '.join(fault.drivers)} only)"
        print(f"{name:{width}}  {fault.title}{only}")
    return 0


def _break(args: argparse.Namespace) -> int:
    from mitate.lab.faults import all_faults, break_fault, faults_of  # noqa: PLC0415 - see the module's docstring

    lab = Lab.at()
    with lab.locked("break"):
        _must_be_up(lab)
        recipe = lab.recipe()
        name = args.fault or random.choice(sorted(faults_of(recipe.driver, recipe.fakes)))  # noqa: S311 - a choice, not a secret
        break_fault(lab, name, hidden=args.quiet)
    print("Something is broken now." if args.quiet else f"Broken: {name} ({all_faults()[name].title}).")
    return 0


def _mend(args: argparse.Namespace) -> int:
    from mitate.lab.faults import all_faults, mend_all, mend_fault  # noqa: PLC0415 - see the module's docstring

    lab = Lab.at()
    with lab.locked("mend"):
        _must_be_up(lab)
        if args.fault:
            mend_fault(lab, args.fault)
            _say_mended(all_faults()[args.fault])
        elif not lab.broken():
            print("No fault is in force.")
        else:
            for fault in mend_all(lab):
                _say_mended(fault)
    return 0


def _say_mended(fault: Fault) -> None:
    print(f"Mended: {fault.id} ({fault.title}).", flush=True)


def _exam(args: argparse.Namespace) -> int:
    from mitate.lab.exam import exam  # noqa: PLC0415 - see the module's docstring

    lab = Lab.at()
    with lab.locked("exam"):
        _must_be_up(lab)
        asked = {"within_s": args.within, "seed": args.seed, "record_to": args.record}
        return exam(lab, args.faults, first=args.first, **asked)


def _must_be_up(lab: Lab) -> None:
    if not lab.is_up():
        raise LabError("The practice cloud is not up: run `mitate lab up`.")


# -- progress -------------------------------------------------------------------------------------------


class _Shown:
    """Progress for people: a bar for each phase on a terminal, else a line when it drags on or ends."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._bars: Progress | None = None
        self._task = TaskID(0)
        self._phase = ""
        self._spoke = 0.0

    def __enter__(self) -> _Shown:
        if self._console.is_terminal:
            self._bars = Progress(
                SpinnerColumn(finished_text="✓"),
                TextColumn("{task.description:26}"),
                BarColumn(24),
                TimeElapsedColumn(),
                TextColumn("{task.fields[what]}", style="dim"),
                console=self._console,
            )
            self._bars.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self._bars:
            self._bars.stop()

    def begin(self, phase: str) -> None:
        self._phase, self._spoke = phase, time.monotonic()
        if self._bars:
            self._task = self._bars.add_task(phase, total=None, what="")

    def say(self, what: str, fraction: float | None = None) -> None:
        if self._bars:
            total = None if fraction is None else 1.0
            self._bars.update(self._task, total=total, completed=fraction or 0.0, what=_plain(what[:70]))
        elif time.monotonic() - self._spoke > _LINE_EVERY_S:
            self._spoke = time.monotonic()
            done = "" if fraction is None else f" {fraction:.0%}"
            print(f"{self._phase}:{done} {what[:100]}", file=sys.stderr, flush=True)

    def end(self, phase: str, seconds: float) -> None:
        if self._bars:
            self._bars.update(self._task, total=1.0, completed=1.0, what=f"{seconds:.1f} s")
        else:
            print(f"{phase}: done in {seconds:.1f} s", file=sys.stderr, flush=True)


def _plain(text: str) -> str:
    """Text in which rich sees no markup."""
    return text.replace("[", r"\[")


_VERBS = {
    "up": _up,
    "down": _down,
    "status": _status,
    "save": _save,
    "reset": _reset,
    "enter": _enter,
    "openstack": _openstack,
    "faults": _faults,
    "break": _break,
    "mend": _mend,
    "exam": _exam,
}
