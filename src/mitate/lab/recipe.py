"""Releases and network drivers: what differs from one OpenStack to the next, read from plain files.

A release is a directory `releases/NAME/` with `release.toml` and templates; a driver is `drivers/NAME/` with
`driver.toml` and templates. Nothing else knows a package, a unit or a configuration file by name, so another
release or driver is another directory.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mitate.lab.errors import LabError
from mitate.lab.topology import MOST_FAKES, HostPlan, hosts

HERE = Path(__file__).parent
_PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}")


@dataclass(frozen=True)
class File:
    """A configuration file: where it goes on the hosts of some roles, and the templates it is made of."""

    path: str
    templates: tuple[Path, ...]
    roles: tuple[str, ...]

    def render(self, values: Mapping[str, str]) -> str:
        """The file's text for one host: its templates one after the other."""
        return "".join(
            render(path.read_text(encoding="utf-8"), values, named=path.name) for path in self.templates
        )


@dataclass(frozen=True)
class Recipe:
    """One release with one network driver: all that is needed to build hosts and their services.

    fakes: how many of the hosts are fake computes.
    """

    release: str
    driver: str
    title: str
    directory: Path
    settings: Mapping[str, Any]
    driver_settings: Mapping[str, Any]
    files: tuple[File, ...]
    fakes: int = 0

    @property
    def hosts(self) -> tuple[HostPlan, ...]:
        return hosts(self.fakes)

    @property
    def driver_title(self) -> str:
        return str(self.driver_settings["title"])

    @property
    def suite(self) -> str:
        return str(self.settings["suite"])

    def packages(self, group: str) -> list[str]:
        """Package names of a group of `[packages]` (`bootstrap`, `hosts`, `guest`)."""
        return [name for line in self.settings["packages"][group] for name in line.split()]

    def units(self, role: str) -> list[str]:
        """The units that a host of this role starts at boot, besides `controller_units`."""
        return [*self.settings["units"]["start"].get(role, []), *self.driver_settings["units"].get(role, [])]

    @property
    def api_units(self) -> list[str]:
        """The controller's units that can start only once the databases exist."""
        return list(self.settings["units"]["api"])

    @property
    def queues(self) -> set[str]:
        """The queues that the controller's services consume once they are at work."""
        return set(self.settings["units"]["queues"])

    @property
    def agents(self) -> dict[str, int]:
        """How many agents of each type (as the network API calls them) a healthy cloud has."""
        return {**self.settings["agents"], **self.driver_settings["agents"]}

    def variables(self) -> dict[str, str]:
        """The values that every template may use; a host adds its own."""
        return {**self.settings["variables"], **self.driver_settings["variables"]}

    def base_fingerprint(self) -> str:
        """Changes when the shared root file system would come out different."""
        parts = [
            repr(
                (self.suite, self.settings["packages"], self.settings["base"], self.settings["units"]["mask"])
            )
        ]
        return _digest(parts, [self.directory / entry["from"] for entry in self.settings["base"]["files"]])

    def cloud_fingerprint(self) -> str:
        """Changes when the healthy cloud would come out different."""
        directories = (self.directory, HERE / "drivers" / self.driver, HERE / "seed", HERE / "guest")
        found = [path for directory in directories for path in sorted(directory.rglob("*"))]
        plain = [path for path in found if path.is_file() and "__pycache__" not in path.parts]
        parts = [f"fakes {self.fakes}"] if self.fakes else []
        return _digest(parts, [*plain, HERE / "topology.py"])

    def fingerprint(self) -> str:
        """Changes when a saved state of this recipe is no longer what would be made now."""
        return f"{self.base_fingerprint()}-{self.cloud_fingerprint()}"


def _digest(parts: list[str], files: list[Path]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode())
    for path in files:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def names(kind: str) -> list[str]:
    """What there is to choose from; `kind` is `releases` or `drivers`."""
    return sorted(
        path.name for path in (HERE / kind).iterdir() if path.is_dir() and not path.name.startswith("_")
    )


def load(release: str = "bookworm", driver: str = "linuxbridge", fakes: int = 0) -> Recipe:
    """Read a release and a driver. LabError for a name that does not exist, with those that do.

    fakes: the number of fake computes; LabError for more than a lab can have.
    """
    if not 0 <= fakes <= MOST_FAKES:
        raise LabError(f"A lab has 0 to {MOST_FAKES} fake computes, not {fakes}.")
    directory = _choose("releases", release)
    beside = _choose("drivers", driver)
    settings = tomllib.loads((directory / "release.toml").read_text(encoding="utf-8"))
    driver_settings = tomllib.loads((beside / "driver.toml").read_text(encoding="utf-8"))
    files = [
        File(
            entry["path"],
            tuple(where / "templates" / name for name in entry["templates"]),
            tuple(entry["roles"]),
        )
        for where, described in ((directory, settings), (beside, driver_settings))
        for entry in described["files"]
    ]
    title = settings["title"]
    return Recipe(release, driver, title, directory, settings, driver_settings, tuple(files), fakes)


def _choose(kind: str, name: str) -> Path:
    if name not in names(kind):
        raise LabError(f"There is no {kind[:-1]} called {name}; there are: {', '.join(names(kind))}.")
    return HERE / kind / name


def render(template: str, values: Mapping[str, str], *, named: str = "template") -> str:
    """Put values in the place of `{{name}}`. An unknown name is a LabError: a hole must not reach a host.

    >>> render("url = http://{{ip}}:5000", {"ip": "10.0.0.11"})
    'url = http://10.0.0.11:5000'
    """

    def value(match: re.Match[str]) -> str:
        try:
            return values[match[1]]
        except KeyError:
            raise LabError(f"{named} asks for {match[1]}, which has no value.") from None

    return _PLACEHOLDER.sub(value, template)
