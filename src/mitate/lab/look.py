"""The commands that an exam runs, as an operator would, and what they answered.

The lab knows nothing of how a diagnosis is made: it reads the JSON that everybody can read.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mitate.lab.errors import LabError
from mitate.lab.faults import Anything, Placed, Traced

_COMMAND_S = 180
_FOUND, _NOTHING, _UNSEEN = 1, 0, 3


@dataclass(frozen=True)
class Look:
    """One run of a command. found: findings, reasons, groups of log lines or differences, what comes first at
    the head; of `mitate placement` its whole answer. is_quiet: it looked, and nothing is wrong. seconds: wall
    time. says: the verdict, or the last complaint.
    """

    status: int
    found: tuple[Mapping[str, Any], ...]
    is_quiet: bool
    seconds: float
    says: str = ""

    def finds(self, expected: Anything) -> bool:
        """Whether what was expected is among what was found; of a server, whether its verdict is right."""
        test = expected.agrees_with if isinstance(expected, Placed) else expected.is_met_by
        return any(map(test, self.found))

    def finds_first(self, expected: Anything) -> bool:
        """Whether what was expected comes first."""
        return any(map(expected.is_met_by, self.found[:1]))

    def first(self) -> str:
        """What comes first, in a few words."""
        return "; ".join(map(_words, self.found[:1])) or self.says or "nothing found"

    def told(self) -> str:
        """All that was found, in a line."""
        return "; ".join(map(_words, self.found)) or self.says or "nothing found"


def _words(found: Mapping[str, Any]) -> str:
    """A finding, a reason, a group of log lines, or what was said of a server.

    >>> _words({"code": "RTR_NO_ROUTE", "at": {"host": "network", "device": "qg-1"}})
    'RTR_NO_ROUTE: network qg-1'
    >>> _words({"verdict": "NO_HOST", "stage": "claim", "hosts": [{"host": "a", "rejected_by": "VCPU"}]})
    'NO_HOST at claim: VCPU on a'
    """
    if "verdict" in found:
        refusals = [
            f"{each['rejected_by']} on {each['host']}" for each in found["hosts"] if each["rejected_by"]
        ]
        said = [_words(found["first_cause"])] if found.get("first_cause") else refusals[:2]
        return f"{found['verdict']} at {found['stage']}: {', '.join(said)}"
    if "check" in found:
        return f"{found['check']}: {found['subject']['name']}"
    if "template" in found:
        return f"{found.get('service')} on {found.get('host')}: {str(found['template'])[:60]}"
    place = found.get("at") or {}
    return f"{found.get('code')}: {' '.join(str(place[key]) for key in ('host', 'device') if place.get(key))}"


@dataclass(frozen=True)
class Commands:
    """How the commands are called. environment: they are to look at one very lab, wherever it lives."""

    environment: Mapping[str, str]
    check: Sequence[str] = (sys.executable, "-m", "mitate", "check", "--lab", "--format", "json")
    trace: Sequence[str] = (sys.executable, "-m", "mitate", "trace", "--lab", "--format", "json")
    placement: Sequence[str] = (sys.executable, "-m", "mitate", "placement", "--lab", "--format", "json")
    logs: Sequence[str] = (sys.executable, "-m", "mitate", "logs", "errors", "--lab", "--format", "json")
    drift: Sequence[str] = (sys.executable, "-m", "mitate", "drift", "--lab", "--format", "json")
    record: Sequence[str] = (sys.executable, "-m", "mitate", "record", "--lab", "-o")

    def check_up(self) -> Look:
        """Run the check once. A command that hangs, or answers no JSON, is a look that found nothing."""
        answer = self._ask(self.check)
        causes = answer.values.get("causes")
        if not isinstance(causes, list):
            return answer.blind()
        found = [each for cause in causes for each in (cause["finding"], *cause.get("explains", ()))]
        return answer.look(found, is_quiet=answer.status == _NOTHING and not found)

    def follow(self, traced: Traced, addresses: Mapping[str, str]) -> Look:
        """Trace a packet once. addresses: the fixed address of each server."""
        answer = self._ask([*self.trace, *traced.arguments(addresses)])
        reasons, verdict = answer.values.get("reasons"), str(answer.values.get("verdict", ""))
        if not isinstance(reasons, list) or not verdict:
            return answer.blind()
        is_quiet = answer.status == _NOTHING and verdict == "REACHABLE"
        return answer.look(reasons, is_quiet=is_quiet, says=verdict)

    def place(self, request: Sequence[str]) -> Look:
        """Ask once why a server gets no host. request: the words after the command. Quiet is: it fits."""
        answer = self._ask([*self.placement, *request])
        verdict = answer.values.get("verdict")
        if not isinstance(verdict, str) or not isinstance(answer.values.get("hosts"), list):
            return answer.blind()
        is_quiet = answer.status == _NOTHING and verdict == "FITS"
        return answer.look([] if is_quiet else [answer.values], is_quiet=is_quiet, says=verdict)

    def read_logs(self, since: str) -> Look:
        """Ask once what failed, by the logs. since: a time as `mitate logs` takes it. Quiet is: nothing
        did."""
        answer = self._ask([*self.logs, "--since", since])
        groups = answer.values.get("groups")
        if not isinstance(groups, list):
            return answer.blind()
        return answer.look(groups, is_quiet=answer.status == _NOTHING)

    def compare(self, earlier: Path | None = None) -> Look:
        """Ask once what differs: among equals, and from an earlier recording if there is one. Quiet is:
        nothing does, not even what would alarm nobody."""
        answer = self._ask([*self.drift, *([str(earlier)] if earlier else [])])
        differences = answer.values.get("differences")
        if not isinstance(differences, list):
            return answer.blind()
        return answer.look(differences, is_quiet=answer.status == _NOTHING and not differences)

    def keep(self, directory: Path, name: str) -> None:
        """Record the cloud as it is into DIRECTORY/NAME.tar.gz, in place of what is there."""
        directory.mkdir(parents=True, exist_ok=True)
        target = directory / f"{name}.tar.gz"
        target.unlink(missing_ok=True)
        status, _, err = _run([*self.record, str(target)], self.environment)
        if not target.exists():
            raise LabError(f"{name} was not recorded: exit status {status}.\n{err.strip()}")

    def _ask(self, command: Sequence[str]) -> _Answer:
        began = time.monotonic()
        status, out, err = _run(command, self.environment)
        seconds = time.monotonic() - began
        try:
            values = json.loads(out)
        except ValueError:
            values = None
        lines = [line for line in err.strip().splitlines() if line.strip()]
        complaint = lines[-1] if lines else f"exit status {status}"
        return _Answer(status, values if isinstance(values, dict) else {}, seconds, complaint)


@dataclass(frozen=True)
class _Answer:
    """What a command answered. values: the JSON object of its standard output, empty without one."""

    status: int
    values: Mapping[str, Any]
    seconds: float
    complaint: str

    def look(self, found: Sequence[Mapping[str, Any]], *, is_quiet: bool, says: str = "") -> Look:
        return Look(self.status, tuple(found), is_quiet, self.seconds, says or self.complaint)

    def blind(self) -> Look:
        """Without an object, even the status of a diagnosis says nothing."""
        status = _UNSEEN if self.status in (_NOTHING, _FOUND) else self.status
        return Look(status, (), False, self.seconds, self.complaint)


def _run(command: Sequence[str], environment: Mapping[str, str]) -> tuple[int, str, str]:
    try:
        ended = subprocess.run(
            list(command),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            env=dict(environment),
            timeout=_COMMAND_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return _UNSEEN, "", f"did not end within {_COMMAND_S:g} s"
    except OSError as error:
        raise LabError(f"{command[0]} cannot be started: {error.strerror or error}.") from error
    return ended.returncode, ended.stdout, ended.stderr


def environment_of(directory: Path) -> dict[str, str]:
    """The environment in which a command looks at the lab in this directory."""
    return {**os.environ, "MITATE_LAB": str(directory)}
