"""What can be broken in the practice cloud, on purpose.

One file per fault; its name is the fault's id, which states the bad thing. It holds

- a docstring: its first line is the title, the rest tells what a person would see;
- ``EXPECTED``: the finding that must be the first cause in the diagnosis;
- ``break_(lab)``: brings the fault about, and returns when it shows (an agent counts as dead, a server is in
  ERROR…), so that whoever looks next may be held to find it;
- ``mend(lab)``: puts it right, and returns when the cloud is healthy again. It does no harm to a cloud that
  is whole, and also mends what an interrupted ``break_`` has left.

Files that begin with an underscore hold what several faults have in common.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from mitate.lab.errors import LabError

if TYPE_CHECKING:
    from mitate.lab import Lab


@dataclass(frozen=True)
class Expected:
    """The finding that names a fault rightly.

    check: its id. kind: of its subject. name_has: what the subject's name must contain. host: where the
    subject lives; "" when it may live anywhere.
    """

    check: str
    kind: str
    name_has: str = ""
    host: str = ""

    def is_met_by(self, finding: Mapping[str, Any]) -> bool:
        """Whether a finding, as `mitate check --format json` writes it, is this one.

        >>> expected = Expected("agent_process_frozen", "agent", "Linux bridge", "compute1")
        >>> subject = {"kind": "agent", "name": "Linux bridge agent on compute1", "host": "compute1"}
        >>> expected.is_met_by({"check": "agent_process_frozen", "subject": subject})
        True
        >>> expected.is_met_by({"check": "agent_process_stopped", "subject": subject})
        False
        """
        subject = finding.get("subject") or {}
        return (
            finding.get("check") == self.check
            and subject.get("kind") == self.kind
            and self.name_has in str(subject.get("name", ""))
            and self.host in ("", subject.get("host"))
        )


@dataclass(frozen=True)
class Fault:
    """A fault of the catalogue. title: without a full stop. sees: what a person would see."""

    id: str
    title: str
    sees: str
    expected: Expected
    break_: Callable[[Lab], None]
    mend: Callable[[Lab], None]


@cache
def all_faults() -> dict[str, Fault]:
    """Every fault of this directory by its id, found by path."""
    names = sorted(found.name for found in pkgutil.iter_modules(__path__) if not found.name.startswith("_"))
    return {name: _load(name) for name in names}


def _load(name: str) -> Fault:
    module = importlib.import_module(f"{__name__}.{name}")
    title, _, sees = (inspect.getdoc(module) or "").partition("\n")
    return Fault(name, title.rstrip("."), sees.strip(), module.EXPECTED, module.break_, module.mend)


def broken(lab: Lab) -> list[str]:
    """The faults that are in force, oldest first."""
    return lab.broken()


def break_fault(lab: Lab, name: str, *, hidden: bool = False) -> None:
    """Bring a fault about. It is noted before it is begun, so that an interrupted one is mended as well."""
    fault = _find(name)
    if name in lab.broken():
        raise LabError(f"{name} is in force already: `mitate lab mend {name}` puts it right.")
    lab.note_broken(name, hidden=hidden)
    fault.break_(lab)


def mend_fault(lab: Lab, name: str) -> None:
    """Put a fault right, and forget it once the cloud is healthy again, other faults in force aside."""
    fault = _find(name)
    if name not in lab.broken():
        lab.note_broken(name)
    fault.mend(lab)
    lab.note_mended(name)


def mend_all(lab: Lab, within_s: float = 120) -> Iterator[Fault]:
    """Put right all that is in force, and tell each fault once it is. LabError when one cannot be put right.

    The newest goes first. One may stand in another's way (without Keystone no server is deleted): what fails
    is tried again after the others.
    """
    deadline = time.monotonic() + within_s
    while left := lab.broken()[::-1]:
        for name in left:
            try:
                mend_fault(lab, name)
            except LabError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(1)
            else:
                yield _find(name)


def _find(name: str) -> Fault:
    try:
        return all_faults()[name]
    except KeyError:
        raise LabError(f"There is no fault called {name}: `mitate lab faults` lists them.") from None
