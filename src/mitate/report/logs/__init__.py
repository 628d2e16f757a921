"""What logs say went wrong, told as text, JSON or one HTML page.

Each format is a file here with ``render(answer, options)``.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable

from mitate.model.log_answer import Answer
from mitate.report import Options

FORMATS = ("text", "json", "html")
Render = Callable[[Answer, Options], str]


def format_named(name: str) -> Render:
    """Raises LookupError for a name that is none."""
    if name not in FORMATS:
        raise LookupError(f"there is no format {name!r} of logs; there are {', '.join(FORMATS)}")
    render: Render = importlib.import_module(f"{__name__}.{name}").render
    return render
