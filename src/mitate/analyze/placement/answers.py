"""What a constraint or a filter says to one host: yes (None), no (a Refusal), or that it cannot tell."""

from __future__ import annotations

import msgspec

from mitate.model.placement import SchedulingLine, Stage
from mitate.model.source import Fact


class Mend(msgspec.Struct, frozen=True):
    """A change after which the refusal would be gone.

    key: the same for the same change, whatever host it was found for ("flavor ram 2048", "enable az2-1").
    change: one imperative clause. commands: how, for a person to read first. effort: 1 to turn a switch of
    the operator's own, 2 to change what is asked for, 3 to change promises (ratio, reserved), 4 to move
    others, 5 to add hardware.
    """

    key: str
    change: str
    commands: tuple[str, ...] = ()
    risk: str = ""
    effort: int = 2


class Unseen(Exception):
    """What a filter needs was not seen, or is not modelled: one clause that says what and why.

    mends: each of them alone would cure the refusal, should it be one.
    """

    def __init__(self, why: str, mends: tuple[Mend, ...] = ()) -> None:
        super().__init__(why)
        self.mends = mends


class Refusal(msgspec.Struct, frozen=True):
    """A no. by: resource class, trait, aggregate, or the filter's class name. wanted, available: see
    HostAnswer. seen: the facts that prove it. mends: each of them alone would turn this no into a yes.
    """

    by: str
    stage: Stage
    says: str
    wanted: int | float | str | None = None
    available: int | float | str | None = None
    seen: tuple[Fact, ...] = ()
    mends: tuple[Mend, ...] = ()


class Emptied(msgspec.Struct, frozen=True):
    """The filter after which no host was left, and the line of the scheduler's log that says so."""

    filter: str
    line: SchedulingLine
