"""What ``mitate logs errors`` does: read, answer, tell."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from mitate.cli import _tell
from mitate.cli._times import between
from mitate.model.errors import CannotStart
from mitate.model.log_answer import Answer
from mitate.reading import Window, errors_in


def errors(arguments: argparse.Namespace) -> int:
    """Returns the exit status. What can be wrong with the options is said before anything is read."""
    window = Window(*between(arguments.since, arguments.until, time.time()))
    outlet = _tell.outlet(arguments.format, arguments.output)
    answer = _answer(arguments, window)
    from mitate.report.logs import format_named  # noqa: PLC0415 - not needed while the logs are searched
    from mitate.report.logs.words import status  # noqa: PLC0415

    _tell.put(outlet, lambda options: format_named(outlet.format)(answer, options))
    return status(answer)


def _answer(arguments: argparse.Namespace, window: Window) -> Answer:
    baseline = tuple(arguments.baseline or ())
    if arguments.logs:
        return errors_in(tuple(arguments.logs), baseline, window)
    if arguments.store:
        return _in_store(arguments, baseline, window)
    if arguments.store_access:
        raise CannotStart("--store-access is for --store, which was not given")
    from mitate.cli._truth import looking, truth  # noqa: PLC0415 - slow, and not needed for files
    from mitate.reading_hosts import errors_of  # noqa: PLC0415

    return looking(arguments, lambda progress: errors_of(truth(arguments), baseline, window, progress))


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
