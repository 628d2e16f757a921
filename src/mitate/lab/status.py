"""What there is of a lab at this moment, for `mitate lab status`."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mitate.lab import saved
from mitate.lab.errors import LabError
from mitate.lab.hosts import Host, pids
from mitate.lab.machine import available_memory
from mitate.lab.recipe import Recipe
from mitate.lab.state import Holder

if TYPE_CHECKING:
    from mitate.lab.lab import Lab

_ASK = """
import json
agents = list(conn.network.agents())
services = list(conn.compute.services())
print(json.dumps({
  "agents": [sum(a.is_alive for a in agents), len(agents)],
  "services": [sum(s.state == "up" for s in services), len(services)],
  "servers": {s.name: s.status for s in conn.compute.servers(all_projects=True)},
}))
"""


@dataclass(frozen=True)
class HostStatus:
    """One host: `state` as systemd says it (`running`, `degraded`…), or `down`; `memory` in bytes."""

    name: str
    state: str
    failed_units: tuple[str, ...]
    processes: int
    memory: int


@dataclass(frozen=True)
class ApiStatus:
    """What the cloud's API says: agents and compute services as (up, all), servers as name → status."""

    agents: tuple[int, int]
    services: tuple[int, int]
    servers: dict[str, str]


@dataclass(frozen=True)
class LabStatus:
    """The lab now, sizes in bytes. `api`: None when the hosts are down, a text when it does not answer.

    recipe: the release, driver and number of fake computes that run or ran last. saved: the saved states, the
    oldest first.
    """

    directory: Path
    recipe: Recipe
    hosts: tuple[HostStatus, ...]
    api: ApiStatus | str | None
    broken: tuple[str, ...]
    hidden: tuple[str, ...]
    holder: Holder | None
    saved: tuple[saved.Saved, ...]
    disk_free: int
    memory_available: int

    @property
    def is_up(self) -> bool:
        return all(host.state != "down" for host in self.hosts)


def look(lab: Lab) -> LabStatus:
    """Look at hosts, API, faults, lock, disk and memory; changes nothing."""
    hosts = tuple(_host(host) for host in lab.hosts.values())
    state = lab.state
    return LabStatus(
        directory=state.directory,
        recipe=lab.recipe(),
        hosts=hosts,
        api=_api(lab) if any(host.name == "operator" and host.state != "down" for host in hosts) else None,
        broken=tuple(lab.broken()),
        hidden=tuple(lab.hidden()),
        holder=state.holder(),
        saved=tuple(saved.every(state)),
        disk_free=shutil.disk_usage(state.directory if state.directory.exists() else "/").free,
        memory_available=available_memory(),
    )


def _host(host: Host) -> HostStatus:
    if not host.is_running():
        return HostStatus(host.name, "down", (), len(pids(host.cgroup)), 0)
    try:
        out = host.sh(
            "systemctl is-system-running; systemctl --failed --plain --no-legend", check=False, timeout=20
        )
    except LabError:
        out = "silent"
    state, *failed = out.splitlines() or ["silent"]
    processes = pids(host.cgroup)
    memory = sum(_own_memory(pid) for pid in processes)
    return HostStatus(host.name, state, tuple(line.split()[0] for line in failed), len(processes), memory)


def _own_memory(pid: int) -> int:
    """Bytes that the process has for itself (RssAnon and RssShmem of proc_pid_status(5))."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(("RssAnon:", "RssShmem:")))


def _api(lab: Lab) -> ApiStatus | str:
    try:
        said = json.loads(lab.python(_ASK, timeout=30))
    except (LabError, ValueError) as error:
        return str(error).strip().splitlines()[-1][:200]
    agents, services = said["agents"], said["services"]
    return ApiStatus((agents[0], agents[1]), (services[0], services[1]), said["servers"])
