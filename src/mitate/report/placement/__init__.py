"""Why a request gets a host or none, told as text, JSON or one HTML page.

Each format is a file here with ``render(explanation, options)``.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable

from mitate.model.placement import Explanation
from mitate.report import Options

FORMATS = ("html", "json", "text")
Render = Callable[[Explanation, Options], str]


def format_named(name: str) -> Render:
    """Raises LookupError for a name that is none."""
    if name not in FORMATS:
        raise LookupError(f"there is no format {name!r} of a placement; there are {', '.join(FORMATS)}")
    render: Render = importlib.import_module(f"{__name__}.{name}").render
    return render
