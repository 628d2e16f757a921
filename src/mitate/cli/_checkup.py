"""What ``mitate check`` does: look, tell, notify."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from mitate.cli import _tell
from mitate.cli._look import look
from mitate.cli._truth import truth, with_hint
from mitate.model.diagnosis import Diagnosis, Severity, State
from mitate.model.errors import CannotStart, MitateError
from mitate.report import Options
from mitate.report.digest.verdict import verdict
from mitate.report.nagios import STATUS, state
from mitate.report.notify import channel

_STATUS = {State.OK: 0, State.PROBLEM: 1, State.UNKNOWN: 3}


def checkup(arguments: argparse.Namespace) -> int:
    """Returns the exit status. What can be wrong with the options is said before anything is looked at."""
    options = Options(fail_on=Severity(arguments.fail_on))
    outlets = _tell.outlets(arguments.format, arguments.output)
    notify = channel(arguments.notify, os.environ) if arguments.notify else None
    try:
        seen = look(truth(arguments), only=arguments.check)
    except CannotStart as error:
        raise with_hint(error, arguments) from None
    diagnosis = seen.diagnosis
    _tell_all(diagnosis, outlets, options)
    verdict_status = _STATUS[verdict(diagnosis, options.fail_on)]
    if notify and (verdict_status or arguments.notify_when == "always"):
        try:
            notify.send(diagnosis, options)
        except MitateError as error:
            print(f"mitate: the diagnosis was not sent by {notify.name}: {error}", file=sys.stderr)
    if seen.interrupted:
        return _STATUS[State.UNKNOWN]
    if any(outlet.format == "nagios" for outlet in outlets):
        return STATUS[state(diagnosis, options.fail_on)]
    return verdict_status


def _tell_all(diagnosis: Diagnosis, outlets: Sequence[_tell.Outlet], options: Options) -> None:
    """Every report; when one cannot be written the text is shown, so that the look was not for nothing."""
    for outlet in outlets:
        try:
            _tell.write(diagnosis, outlet, options)
        except CannotStart:
            _tell.write(diagnosis, _tell.Outlet("text"), options)
            raise
