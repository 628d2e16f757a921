"""The way of a packet told, and the wiring of a cloud drawn: as text, JSON or one HTML page.

Each format is a file here with ``render(path, options, topology, whole)``, for a packet, and
``draw(topology, options)``, for a topology without one.
"""

from __future__ import annotations

import importlib
from typing import Protocol, cast

from mitate.model.topology import Topology
from mitate.model.trace import Path
from mitate.report import DEFAULTS, Options

FORMATS = ("html", "json", "text")


class Format(Protocol):
    """What a format can tell. topology: what the path is drawn on, where a format draws; without one, only
    what the path itself tells. whole: all of the topology, not only what the packet meets."""

    def render(
        self,
        path: Path,
        options: Options = DEFAULTS,
        topology: Topology | None = None,
        whole: bool = False,
    ) -> str: ...

    def draw(self, topology: Topology, options: Options = DEFAULTS) -> str: ...


def format_named(name: str) -> Format:
    """Raises LookupError for a name that is none."""
    if name not in FORMATS:
        raise LookupError(f"there is no format {name!r} of a path; there are {', '.join(FORMATS)}")
    return cast(Format, importlib.import_module(f"{__name__}.{name}"))
