"""What ``mitate logs errors`` does: read, answer, tell."""

from __future__ import annotations

import argparse
import re
import time
from datetime import UTC, datetime
from pathlib import Path

from mitate.cli import _tell
from mitate.model.errors import CannotStart
from mitate.model.log_answer import Answer
from mitate.reading import Window, errors_in

_ENDINGS = {".html": "html", ".htm": "html", ".json": "json"}
_AGO = re.compile(r"(\d{1,6}(?:\.\d+)?)\s*(s|sec|m|min|h|d|w)")
_UNITS = {"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400, "w": 604_800}


def errors(arguments: argparse.Namespace) -> int:
    """Returns the exit status. What can be wrong with the options is said before anything is read."""
    window = Window(_moment("--since", arguments.since), _moment("--until", arguments.until))
    if window.since is not None and window.until is not None and window.since >= window.until:
        raise CannotStart("--since must be before --until")
    file = _tell.writable(Path(arguments.output)) if arguments.output not in (None, "-") else None
    name = arguments.format or (_ENDINGS.get(file.suffix.lower(), "text") if file else "text")
    answer = _answer(arguments, window)
    from mitate.report import Options  # noqa: PLC0415 - slow, and not needed while the logs are searched
    from mitate.report.logs import format_named  # noqa: PLC0415
    from mitate.report.logs.words import status  # noqa: PLC0415

    text = format_named(name)(answer, Options() if file else _tell.for_screen(Options()))
    if file is None:
        _tell.show(text)
    else:
        try:
            file.write_text(text, encoding="utf-8", errors="replace")
        except OSError as error:
            raise CannotStart(f"{file} cannot be written: {error.strerror}") from None
    return status(answer)


def _answer(arguments: argparse.Namespace, window: Window) -> Answer:
    baseline = tuple(arguments.baseline or ())
    if arguments.logs:
        return errors_in(tuple(arguments.logs), baseline, window)
    if arguments.store:
        return _in_store(arguments, baseline, window)
    import asyncio  # noqa: PLC0415 - slow, as what follows, and not needed for files

    from mitate.cli._progress import Progress  # noqa: PLC0415
    from mitate.cli._truth import truth, with_hint  # noqa: PLC0415
    from mitate.reading_hosts import errors_of  # noqa: PLC0415

    with Progress() as progress:
        try:
            return asyncio.run(errors_of(truth(arguments), baseline, window, progress))
        except CannotStart as error:
            raise with_hint(error, arguments) from None


def _in_store(arguments: argparse.Namespace, baseline: tuple[Path, ...], window: Window) -> Answer:
    from mitate.collect.logs.stores.access import access_of  # noqa: PLC0415 - slow, and not needed for files
    from mitate.collect.logs.stores.client import Bounds  # noqa: PLC0415
    from mitate.collect.logs.stores.fields import fields_of  # noqa: PLC0415
    from mitate.collect.logs.stores.place import place_of  # noqa: PLC0415
    from mitate.reading_stores import errors_in_store  # noqa: PLC0415

    if arguments.inventory:
        raise CannotStart("--inventory names hosts to contact; a store has the logs of all of them")
    fields = fields_of(arguments.store_fields)
    return errors_in_store(
        place_of(arguments.store, fields.index),
        access_of(arguments.store_access),
        fields,
        time.time(),
        window,
        baseline,
        arguments.host,
        Bounds(request_s=arguments.timeout),
    )


def _moment(option: str, text: str | None) -> float | None:
    """Seconds since 1970. Raises CannotStart for what is no time."""
    if text is None:
        return None
    if ago := _AGO.fullmatch(text.strip()):
        return time.time() - float(ago[1]) * _UNITS[ago[2]]
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise CannotStart(
            f"{option} {text}: give a time like 2026-11-22T13:28 (UTC), or how long ago, like 2h"
        ) from None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
