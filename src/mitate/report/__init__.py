"""A diagnosis told: each format is a file here with ``render(diagnosis, options) -> str``.

Formats are found by path: ``report/NAME.py`` is the format NAME. The packages beside them are no formats:
``digest`` holds what all of them say alike, ``notify`` the ways to send a diagnosis somewhere.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable

import msgspec

from mitate.model.diagnosis import Diagnosis, Severity


class Options(msgspec.Struct, frozen=True):
    """fail_on: findings below it are told, but do not alarm. width and colour: for the text format.

    width is in columns; colour is True only where a terminal reads along.
    """

    fail_on: Severity = Severity.WARNING
    width: int = 80
    colour: bool = False


DEFAULTS = Options()
Render = Callable[[Diagnosis, Options], str]


def formats() -> tuple[str, ...]:
    """The names of all formats, sorted; none is imported for it."""
    return tuple(sorted(info.name for info in pkgutil.iter_modules(__path__) if not info.ispkg))


def renderer(name: str) -> Render:
    """The ``render`` of a format. Raises LookupError for a name that is none."""
    if name not in formats():
        raise LookupError(f"there is no format {name!r}; there are {', '.join(formats())}")
    render: Render = importlib.import_module(f"{__name__}.{name}").render
    return render
