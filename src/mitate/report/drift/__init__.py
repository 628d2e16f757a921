"""What drifted apart and what was changed when, told as text, JSON or one HTML page.

Each format is a file here with ``render(drift, options)``.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable

from mitate.model.drift import Drift
from mitate.report import Options

FORMATS = ("html", "json", "text")
Render = Callable[[Drift, Options], str]


def format_named(name: str) -> Render:
    """Raises LookupError for a name that is none."""
    if name not in FORMATS:
        raise LookupError(f"there is no format {name!r} of a drift; there are {', '.join(FORMATS)}")
    render: Render = importlib.import_module(f"{__name__}.{name}").render
    return render
