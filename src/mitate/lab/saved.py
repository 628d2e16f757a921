"""The saved healthy state: a copy of every host's own files, from which each `up` and `reset` boots.

It is taken while the hosts run: all their processes are frozen for the seconds that the copy takes, so it is
one moment of the whole cloud, as if the power had failed then. MariaDB and RabbitMQ are made for that.
`saved.json` names the valid copies, one of each release, driver and number of fake computes, and is replaced
in one step, after the copy is complete.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mitate.lab.base import remove_tree
from mitate.lab.hosts import Host, copy_tree, frozen
from mitate.lab.recipe import Recipe
from mitate.lab.state import State

_JOURNALS = "var/log/journal"


@dataclass(frozen=True)
class Saved:
    """A saved state: where it is, what it was built from, and the servers that were ACTIVE in it.

    fakes: how many fake computes are among its hosts.
    """

    directory: Path
    release: str
    driver: str
    fingerprint: str
    servers: tuple[str, ...]
    taken_at: float
    fakes: int = 0


def load(state: State, recipe: Recipe) -> Saved | None:
    """The saved state of a release, a driver and so many fake computes, if there is a complete one."""
    return next((saved for saved in every(state) if _is_of(saved, recipe)), None)


def every(state: State) -> list[Saved]:
    """All saved states that are complete, the oldest first."""
    found = [_read(state, noted) for noted in _noted(state)]
    whole = [saved for saved in found if saved and saved.directory.is_dir()]
    return sorted(whole, key=lambda saved: saved.taken_at)


def _noted(state: State) -> list[Any]:
    """What `saved.json` holds: a list below `states`, or alone the only state of a lab with one driver."""
    content = state.read("saved.json")
    noted = content.get("states", [content])
    return noted if isinstance(noted, list) else []


def _read(state: State, noted: Any) -> Saved | None:
    try:
        return Saved(
            directory=state.saved / str(noted["state"]),
            release=str(noted["release"]),
            driver=str(noted["driver"]),
            fingerprint=str(noted["fingerprint"]),
            servers=tuple(str(name) for name in noted["servers"]),
            taken_at=float(noted["taken_at"]),
            fakes=int(noted.get("fakes", 0)),
        )
    except (KeyError, TypeError, ValueError):
        return None


def _is_of(saved: Saved, recipe: Recipe) -> bool:
    return (saved.release, saved.driver, saved.fakes) == (recipe.release, recipe.driver, recipe.fakes)


def take(state: State, hosts: dict[str, Host], recipe: Recipe, servers: tuple[str, ...]) -> float:
    """Copy the running hosts' files as the saved state of a recipe, and drop its old one.

    Returns the seconds for which the hosts stood still. servers: those that are ACTIVE now.
    """
    moment = time.strftime("%Y%m%dT%H%M%S", time.gmtime())
    fakes = f"-{recipe.fakes}-fakes" if recipe.fakes else ""
    target = state.saved / f"{recipe.release}-{recipe.driver}{fakes}-{moment}"
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
    new = Saved(
        target, recipe.release, recipe.driver, recipe.fingerprint(), servers, time.time(), recipe.fakes
    )
    valid = [*(saved for saved in every(state) if not _is_of(saved, recipe)), new]
    state.write("saved.json", {"states": [_note(saved) for saved in valid]})
    for other in state.saved.iterdir():
        if other not in {saved.directory for saved in valid}:
            remove_tree(other)
    return took


def _note(saved: Saved) -> dict[str, Any]:
    noted = asdict(saved)
    name = noted.pop("directory").name
    return {"state": name, **noted}


def restore(hosts: dict[str, Host], saved: Saved | None) -> None:
    """Give every host, none of them running, its saved files; or none at all."""
    for host in hosts.values():
        host.restore(saved.directory / host.name if saved else None)
