"""Whether a service lives, as its host sees it: its processes, its units and its containers side by side.

The other two proofs of life, what the API says and what the logs say, are joined to it in ``stopped.py`` and
``silence.py``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TypeVar

import msgspec

from mitate.model.host import Container, Process, Unit
from mitate.model.recognise import HELPERS, service_of_unit
from mitate.model.services import BY_NAME
from mitate.model.source import Fact

F = TypeVar("F", bound=Fact)

Key = tuple[str, str]
"""(host, canonical service name)"""

YOUNG_S = 120
"""A main process younger than this, of a unit that was restarted again and again, is one more attempt."""

ENABLED = ("enabled", "enabled-runtime", "linked", "linked-runtime", "generated")

STANDS_IN = {
    "neutron-server": ("neutron-api", "neutron-rpc-server"),
    "neutron-api": ("neutron-server",),
    "neutron-rpc-server": ("neutron-server",),
    "neutron-periodic-workers": ("neutron-server", "neutron-rpc-server"),
}
"""Neutron's server comes in one piece or split (Debian, WSGI): each does the other's work on its host."""

ONE_SHOTS = ("bootstrap", "init", "db_sync", "db-sync", "setup", "upgrade", "migrat", "cleanup", "toolbox")
"""Words in the names of containers that are meant to end."""


DAEMON = re.compile(
    r"-(api|agent|server|engine|scheduler|conductor|worker|workers|central|share|volume|backup|manager|proxy"
    r"|controller|collector|evaluator|notifier|listener|processor|applier|mdns|producer|health-manager)$"
)
"""How the programs of projects that are not listed are called when they are meant to run all the time."""


def watched(service: str) -> bool:
    """Whether it is a service at all, and not a tool or a one-off that bears a project's name."""
    return service in BY_NAME or service in HELPERS or DAEMON.search(service) is not None


def is_agent(service: str) -> bool:
    """Whether it is a row of the Neutron agent list; everything else is a service."""
    known = BY_NAME.get(service)
    return known is not None and known.project == "neutron" and known.reports


class Life(msgspec.Struct, frozen=True):
    """All that a host shows of one service."""

    host: str
    service: str
    processes: tuple[Process, ...] = ()
    units: tuple[Unit, ...] = ()
    """Loaded service units; sockets, timers and templates are left out."""
    sockets: tuple[Unit, ...] = ()
    containers: tuple[Container, ...] = ()

    @property
    def running(self) -> tuple[Process, ...]:
        return tuple(process for process in self.processes if process.state not in ("Z", "X"))

    @property
    def main(self) -> Process | None:
        """The running process that no other of them started, the lowest PID of those."""
        pids = {process.pid for process in self.running}
        tops = [process for process in self.running if process.ppid not in pids]
        return min(tops, key=lambda process: process.pid, default=None)

    @property
    def held(self) -> tuple[Process, ...]:
        """Processes that a signal stopped (state T), the main one first."""
        main = self.main
        stopped = [process for process in self.running if process.state == "T"]
        return tuple(sorted(stopped, key=lambda process: (process is not main, process.pid)))

    @property
    def paused(self) -> Container | None:
        return next((container for container in self.containers if container.state == "paused"), None)

    @property
    def expected(self) -> bool:
        """Whether it runs or is meant to; a unit that merely came with a package is neither."""
        return bool(self.running) or any(unit.enabled in ENABLED for unit in self.units)

    @property
    def active(self) -> bool:
        """Whether anything says that it runs, or is just being started or stopped."""
        return bool(
            self.running
            or any(unit.active not in ("inactive", "failed") for unit in self.units)
            or any(container.state in ("running", "paused", "restarting") for container in self.containers)
        )


def by_host(facts: Iterable[F]) -> dict[str, list[F]]:
    """Facts by the host that told them: a thousand hosts looked at one by one must not cost a million."""
    told: dict[str, list[F]] = defaultdict(list)
    for fact in facts:
        told[fact.source.host].append(fact)
    return told


def lives(
    processes: Iterable[Process], units: Iterable[Unit] = (), containers: Iterable[Container] = ()
) -> dict[Key, Life]:
    """What is seen of every recognised service, by host and service, in their order."""
    runs: dict[Key, list[Process]] = defaultdict(list)
    services: dict[Key, list[Unit]] = defaultdict(list)
    sockets: dict[Key, list[Unit]] = defaultdict(list)
    boxes: dict[Key, list[Container]] = defaultdict(list)
    for process in processes:
        if watched(process.service):
            runs[process.source.host, process.service].append(process)
    for unit in units:
        stem, _, kind = unit.name.rpartition(".")
        if unit.load != "loaded" or stem.endswith("@"):
            continue
        if kind == "socket":
            sockets[unit.source.host, service_of_unit(f"{stem}.service")].append(unit)
        elif kind == "service" and watched(unit.service):
            services[unit.source.host, unit.service].append(unit)
    for container in containers:
        if watched(container.service) and not any(word in container.name for word in ONE_SHOTS):
            boxes[container.source.host, container.service].append(container)
    return {
        key: Life(
            host=key[0],
            service=key[1],
            processes=tuple(runs.get(key, ())),
            units=tuple(services.get(key, ())),
            sockets=tuple(sockets.get(key, ())),
            containers=tuple(boxes.get(key, ())),
        )
        for key in sorted(runs.keys() | services.keys() | boxes.keys())
    }


def stopped(life: Life, everything: Mapping[Key, Life]) -> Unit | Container | None:
    """The enabled unit, or the container, that should run it and does not; None while anything of it lives.

    A unit that is disabled or masked is nobody's problem, nor is one that its socket will start, nor one
    whose work another service does on that host.
    """
    if life.active or looping(life) or replaced(life, everything):
        return None
    for unit in life.units:
        if unit.enabled in ENABLED and not _waits_for_its_socket(unit, life, everything):
            return unit
    return next((c for c in life.containers if c.state in ("exited", "dead")), None)


def replaced(life: Life, everything: Mapping[Key, Life]) -> bool:
    others = (everything.get((life.host, name)) for name in STANDS_IN.get(life.service, ()))
    return any(other is not None and other.running for other in others)


def _waits_for_its_socket(unit: Unit, life: Life, everything: Mapping[Key, Life]) -> bool:
    """An idle libvirtd ends by itself (--timeout 120) and its socket starts it again."""
    if unit.active == "failed":
        return False
    if life.sockets:
        return any(socket.active == "active" for socket in life.sockets if _stem(socket) == _stem(unit))
    compute = everything.get((life.host, "nova-compute"))
    return life.service == "libvirtd" and not (compute and compute.running)


def _stem(unit: Unit) -> str:
    return unit.name.rpartition(".")[0]


def looping(life: Life) -> Unit | Container | None:
    """The unit, or the container, that is started again and again."""
    main = life.main
    age = (main.source.at - main.started_at).total_seconds() if main and main.started_at else None
    young = age is not None and age < YOUNG_S
    for unit in life.units:
        restarts = unit.restarts or 0
        if (
            (unit.active == "activating" and unit.sub.startswith("auto-restart"))
            or (unit.active == "activating" and restarts >= 2)
            or (unit.active == "failed" and restarts >= 2 and unit.result != "timeout")
            or (unit.active == "failed" and unit.result == "start-limit-hit")
            or (unit.active == "active" and restarts >= 3 and young)
        ):
            return unit
    return next((c for c in life.containers if c.state == "restarting"), None)


RESULTS = {
    "core-dump": "it crashed (core dumped)",
    "oom-kill": "the kernel killed it for lack of memory",
    "timeout": "it did not start or stop in time",
    "watchdog": "it stopped answering systemd's watchdog",
    "start-limit-hit": "systemd gave up after too many attempts",
    "resources": "systemd lacked the resources to start it",
    "protocol": "it did not tell systemd that it was ready",
}
"""systemd's Result property in words (systemd.exec(5), org.freedesktop.systemd1(5))."""


def how_it_ended(by: Unit | Container) -> str:
    """How it came to stand still, in one clause; "" when nothing tells."""
    if isinstance(by, Container):
        return by.status
    if by.result in RESULTS:
        return RESULTS[by.result]
    if by.result == "signal":
        return f"signal {by.exit_status} killed it" if by.exit_status else "a signal killed it"
    if by.exit_status:
        return f"it ended with exit status {by.exit_status}"
    return ""
