"""The faults: of the code, as declared in `catalogue.toml`, and of the exam, as declared in `exam.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

KINDS = ("exception", "value", "parameter", "missing", "delay")


@dataclass(frozen=True)
class CodeFault:
    """One place in one service's code. project: whose; file, function: where; kind: one of KINDS.

    at: a piece of the statement before which an exception is raised or time is lost, or that is missing; of a
    value, of the `return` that is meant ("" for every one); of a parameter, `CALL(NAME or number)`.
    does: the exception, the seconds, or the wrong value, where `it` is the right one.
    lead_s: how long before the work begins.
    """

    id: str
    project: str
    file: str
    function: str
    kind: str
    at: str = ""
    does: str = ""
    lead_s: float = 0

    def described(self) -> dict[str, str]:
        """For `patch.py`."""
        return {key: str(value) for key, value in asdict(self).items()}


@cache
def faults() -> tuple[CodeFault, ...]:
    declared = tomllib.loads((Path(__file__).parent / "catalogue.toml").read_text(encoding="utf-8"))
    return tuple(
        CodeFault(id=name, project=each["file"].partition("/")[0], **each) for name, each in declared.items()
    )


@cache
def of_exam() -> dict[str, str]:
    """The faults of the exam that a log can tell of, and the project whose fault each is."""
    declared = tomllib.loads((Path(__file__).parent / "exam.toml").read_text(encoding="utf-8"))
    return {fault: project for project, faults in declared.items() for fault in faults}
