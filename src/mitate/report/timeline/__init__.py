"""The life of a server or request, told as text, JSON or one HTML page with a lane for each service.

Each format is a file here with ``render(timeline, options)``.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable

from mitate.model.timeline import Timeline
from mitate.report import Options

FORMATS = ("html", "json", "text")
Render = Callable[[Timeline, Options], str]


def format_named(name: str) -> Render:
    """Raises LookupError for a name that is none."""
    if name not in FORMATS:
        raise LookupError(f"there is no format {name!r} of a timeline; there are {', '.join(FORMATS)}")
    render: Render = importlib.import_module(f"{__name__}.{name}").render
    return render
