"""The saved healthy state: a copy of every host's own files, from which each `up` and `reset` boots.

It is taken while the hosts run: all their processes are frozen for the seconds that the copy takes, so it is
one moment of the whole cloud, as if the power had failed then. MariaDB and RabbitMQ are made for that.
`saved.json` names the valid copy and is replaced in one step, after the copy is complete.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mitate.lab.base import remove_tree
from mitate.lab.hosts import Host, copy_tree, frozen
from mitate.lab.state import State

_JOURNALS = "var/log/journal"


@dataclass(frozen=True)
class Saved:
    """A saved state: where it is, what it was built from, and the servers that were ACTIVE in it."""

    directory: Path
    release: str
    driver: str
    fingerprint: str
    servers: tuple[str, ...]
    taken_at: float


def load(state: State) -> Saved | None:
    """The saved state, if there is a complete one."""
    noted = state.read("saved.json")
    try:
        saved = Saved(
            directory=state.saved / str(noted["state"]),
            release=str(noted["release"]),
            driver=str(noted["driver"]),
            fingerprint=str(noted["fingerprint"]),
            servers=tuple(str(name) for name in noted["servers"]),
            taken_at=float(noted["taken_at"]),
        )
    except (KeyError, TypeError, ValueError):
        return None
    return saved if saved.directory.is_dir() else None


def take(state: State, hosts: dict[str, Host], about: Mapping[str, object]) -> float:
    """Copy the running hosts' files as the new saved state, and drop the old one. Returns seconds frozen.

    `about` is what else `Saved` holds: release, driver, fingerprint, servers.
    """
    name = time.strftime("%Y%m%dT%H%M%S", time.gmtime())
    target = state.saved / name
    remove_tree(target)
    target.mkdir()
    for host in hosts.values():
        # the journal begins a new file, so that all the others are complete
        host.sh("journalctl --rotate -q; sync -f /", check=False)
    began = time.monotonic()
    thaw = frozen([host.cgroup for host in hosts.values()])
    try:
        for host in hosts.values():
            copy_tree(host.upper, target / host.name)
    finally:
        thaw()
    took = time.monotonic() - began
    for host in hosts.values():  # the file that was being written would be called corrupt at the next boot
        for journal in (target / host.name / _JOURNALS).glob("*/*.journal"):
            if "@" not in journal.name:
                journal.unlink()
    state.write("saved.json", {**about, "state": name, "taken_at": time.time()})
    for other in state.saved.iterdir():
        if other.name != name:
            remove_tree(other)
    return took


def restore(hosts: dict[str, Host], saved: Saved | None) -> None:
    """Give every host, none of them running, its saved files; or none at all."""
    for host in hosts.values():
        host.restore(saved.directory / host.name if saved else None)
