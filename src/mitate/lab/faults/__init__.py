"""What can be broken in the practice cloud, on purpose.

One file per fault; its name is the fault's id, which states the bad thing. It holds

- a docstring: its first line is the title, the rest tells what a person would see;
- ``EXPECTED``: the finding that must be the first cause of `mitate check` (``Expected``), or the reason that
  must come first in `mitate trace` for a packet that the fault loses (``Traced``), or who refuses a server by
  what `mitate placement` says (``Placed``), or what must come first in `mitate logs errors` (``Logged``) or
  in `mitate drift` (``Drifted``), or a tuple of several;
- ``DRIVERS``: the Neutron drivers on which it can be brought about, if not on all;
- ``FAKES``: False if it cannot be brought about where there are fake computes, which would take the servers;
- ``break_(lab)``: brings the fault about, and returns when it shows (an agent counts as dead, a server is in
  ERROR…), so that whoever looks next may be held to find it;
- ``mend(lab)``: puts it right, and returns when the cloud is healthy again. It does no harm to a cloud that
  is whole, and also mends what an interrupted ``break_`` has left.

A packet that is to be traced is also really sent: the fault is not in force before it is lost, and not mended
before it arrives. Files that begin with an underscore hold what several faults have in common.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from mitate.lab.errors import LabError
from mitate.lab.faults._expected import LIVE, Anything, Drifted, Expected, Logged, Placed, Traced
from mitate.lab.faults._traffic import wait_arrives, wait_lost

if TYPE_CHECKING:
    from mitate.lab import Lab

DRIVERS = ("linuxbridge", "ovs")

__all__ = [
    "DRIVERS",
    "LIVE",
    "Anything",
    "Drifted",
    "Expected",
    "Fault",
    "Logged",
    "Placed",
    "Traced",
    "all_faults",
    "break_fault",
    "broken",
    "faults_of",
    "mend_all",
    "mend_fault",
]


@dataclass(frozen=True)
class Fault:
    """A fault of the catalogue. title: without a full stop. sees: what a person would see. expected: each of
    these must come first in the answer of its command."""

    id: str
    title: str
    sees: str
    expected: tuple[Anything, ...]
    break_: Callable[[Lab], None]
    mend: Callable[[Lab], None]
    drivers: tuple[str, ...] = DRIVERS
    fakes: bool = True

    @property
    def traced(self) -> tuple[Traced, ...]:
        """The packets that it loses, as far as somebody traces them."""
        return tuple(each for each in self.expected if isinstance(each, Traced))

    @property
    def placed(self) -> tuple[Placed, ...]:
        """The servers that it refuses, as far as somebody asks why."""
        return tuple(each for each in self.expected if isinstance(each, Placed))

    @property
    def drifted(self) -> tuple[Drifted, ...]:
        """The differences that it plants, as far as somebody compares."""
        return tuple(each for each in self.expected if isinstance(each, Drifted))

    @property
    def shows(self) -> bool:
        """Whether the state of the hosts and the API shows it: no packet has to be sent, no log to be
        read."""
        return not all(
            isinstance(each, Logged) or (isinstance(each, Traced) and each.live) for each in self.expected
        )


@cache
def all_faults() -> dict[str, Fault]:
    """Every fault of this directory by its id, found by path."""
    names = sorted(found.name for found in pkgutil.iter_modules(__path__) if not found.name.startswith("_"))
    return {name: _load(name) for name in names}


def _load(name: str) -> Fault:
    module = importlib.import_module(f"{__name__}.{name}")
    title, _, sees = (inspect.getdoc(module) or "").partition("\n")
    expected = module.EXPECTED if isinstance(module.EXPECTED, tuple) else (module.EXPECTED,)
    drivers = getattr(module, "DRIVERS", DRIVERS)
    fakes = getattr(module, "FAKES", True)
    about = (name, title.rstrip("."), sees.strip())
    return Fault(*about, expected, module.break_, module.mend, drivers, fakes)


def faults_of(driver: str, fakes: int = 0) -> dict[str, Fault]:
    """The faults that can be brought about in a cloud of this Neutron driver, with so many fake computes."""
    return {
        name: fault
        for name, fault in all_faults().items()
        if driver in fault.drivers and (fault.fakes or not fakes)
    }


def broken(lab: Lab) -> list[str]:
    """The faults that are in force, oldest first."""
    return lab.broken()


def break_fault(lab: Lab, name: str, *, hidden: bool = False) -> None:
    """Bring a fault about. It is noted before it is begun, so that an interrupted one is mended as well."""
    fault = _find(name)
    if name in lab.broken():
        raise LabError(f"{name} is in force already: `mitate lab mend {name}` puts it right.")
    recipe = lab.recipe()
    if recipe.driver not in fault.drivers:
        raise LabError(f"{name} needs a cloud of {' or '.join(fault.drivers)}; this one has {recipe.driver}.")
    if recipe.fakes and not fault.fakes:
        raise LabError(f"{name} needs a cloud without fake computes; this one has {recipe.fakes}.")
    lab.note_broken(name, hidden=hidden)
    fault.break_(lab)
    for traced in fault.traced:
        wait_lost(lab, traced)


def mend_fault(lab: Lab, name: str) -> None:
    """Put a fault right, and forget it once the cloud is healthy again, other faults in force aside."""
    fault = _find(name)
    if name not in lab.broken():
        lab.note_broken(name)
    fault.mend(lab)
    if lab.broken() == [name]:
        for traced in fault.traced:
            if traced.cured:
                wait_arrives(lab, traced)
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
