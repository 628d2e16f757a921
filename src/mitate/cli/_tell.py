"""Where a report goes: standard output or a file, in which format."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from mitate.model.diagnosis import Diagnosis, State
from mitate.model.errors import CannotStart
from mitate.report import Options, formats, renderer

WIDEST = 110
"""Columns beyond which a line is tiring to read."""

STATUS = {State.OK: 0, State.PROBLEM: 1, State.UNKNOWN: 3}
"""The exit status that says it."""
_ENDINGS = {".html": "html", ".htm": "html", ".json": "json", ".xml": "junit", ".svg": "svg"}


class Outlet(msgspec.Struct, frozen=True):
    """One report. file None: standard output."""

    format: str
    file: Path | None = None


def outlets(named: Sequence[str], files: Sequence[str]) -> list[Outlet]:
    """One for each --format and -o, paired in their order; a file's ending tells what no --format does.

    Raises CannotStart for an unknown format, for more of one than of the other, and for a file that cannot be
    written, before anything is looked at.
    """
    for name in named:
        if name not in formats():
            raise CannotStart(f"there is no format {name}; there are {', '.join(formats())}")
    if not files:
        if len(named) > 1:
            raise CannotStart("several --format need as many -o, in the same order (- is standard output)")
        return [Outlet(named[0] if named else "text")]
    if named and len(named) != len(files):
        raise CannotStart(f"{len(named)} --format for {len(files)} -o: give one for each, in the same order")
    chosen = named or [_ENDINGS.get(Path(file).suffix.lower(), "text") for file in files]
    return [
        Outlet(name, None if file == "-" else writable(Path(file)))
        for name, file in zip(chosen, files, strict=True)
    ]


def outlet(named: str | None, file: str | None) -> Outlet:
    """That of a command with one ``--format`` (text, html, json) and one ``-o``; else like ``outlets``."""
    target = None if file is None or file == "-" else writable(Path(file))
    ending = _ENDINGS.get(target.suffix.lower(), "") if target else ""
    return Outlet(named or (ending if ending in ("html", "json") else "text"), target)


def write(diagnosis: Diagnosis, outlet: Outlet, options: Options) -> None:
    """Raises CannotStart when the file cannot be written after all."""
    put(outlet, lambda chosen: renderer(outlet.format)(diagnosis, chosen), options)


def put(outlet: Outlet, render: Callable[[Options], str], options: Options | None = None) -> None:
    """What ``render`` makes of the options, where it belongs. Raises CannotStart when that cannot be."""
    options = options or Options()
    if outlet.file is None:
        show(render(for_screen(options)))
        return
    text = render(options)
    try:
        outlet.file.write_text(text, encoding="utf-8", errors="replace")
    except OSError as error:
        raise CannotStart(f"{outlet.file} cannot be written: {error.strerror}") from None


def show(text: str) -> None:
    """To standard output, at once, so that a reader that went away is noticed here."""
    sys.stdout.write(text)
    sys.stdout.flush()


def for_screen(options: Options) -> Options:
    """With the width and the colour of the terminal, where standard output is one."""
    if not sys.stdout.isatty():
        return options
    width = max(40, min(shutil.get_terminal_size().columns, WIDEST))
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return msgspec.structs.replace(options, width=width, colour=not plain)


def writable(file: Path) -> Path:
    """The file itself. Raises CannotStart when it could not be written; nothing is changed to see that."""
    if file.is_dir():
        raise CannotStart(f"{file} is a directory: -o takes the name of a file")
    if not file.parent.is_dir():
        raise CannotStart(f"{file} cannot be written: there is no directory {file.parent}")
    try:
        if file.is_file():
            os.close(os.open(file, os.O_WRONLY | os.O_APPEND))
        elif not file.exists() and not os.access(file.parent, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise CannotStart(f"{file} cannot be written: {error.strerror}") from None
    return file
