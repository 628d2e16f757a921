"""What each release knows of options, out of its own packages (``tools/option_data.py``)."""

from __future__ import annotations

import gzip
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

ANY_SECTION = re.compile(r"[^.]+\.\w+$|.*:.*")
"""Sections that are named by whoever writes the file: backends, physical devices, limits."""


class Option(
    msgspec.Struct, frozen=True, rename={"kind": "t", "default": "d", "choices": "c", "deprecated": "x"}
):
    """What a release knows of one option. kind: bool, int, float, list, dict, multi, or text. default: only
    where it is the same on every host. deprecated: since which version, or True."""

    kind: str = "text"
    default: Any = None
    n: float | None = None
    m: float | None = None
    choices: tuple[str, ...] = ()
    deprecated: str | bool = False
    s: bool = False


class Project(msgspec.Struct, frozen=True):
    """groups: options by section. moved: by section and old name, where it is now: section and name."""

    version: str
    groups: Mapping[str, Mapping[str, Option]]
    moved: Mapping[str, Mapping[str, tuple[str, str]]]

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])


class Release(msgspec.Struct, frozen=True):
    """auth: options of the plugins that log in to Keystone, known in every section that does."""

    release: str
    auth: frozenset[str]
    projects: Mapping[str, Project]


@cache
def releases() -> tuple[Release, ...]:
    """All that are known, by name."""
    here = files(__name__)
    found = sorted(each.name for each in here.iterdir() if each.name.endswith(".json.gz"))
    return tuple(
        msgspec.json.decode(gzip.decompress((here / each).read_bytes()), type=Release) for each in found
    )


def release_of(project: str, version: str) -> Release | None:
    """The release whose packages of that project have this version (Debian's epoch and revision apart).

    >>> release_of("nova", "2:26.2.2-1~deb12u5").release, release_of("nova", "99.0")
    ('zed', None)
    """
    found = re.match(r"(?:\d+:)?(\d{1,4})\.", version)
    if found is None:
        return None
    return next(
        (
            each
            for each in releases()
            if project in each.projects and each.projects[project].major == int(found[1])
        ),
        None,
    )
