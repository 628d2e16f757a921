"""What systemd says in the journal of the units of services."""

from __future__ import annotations

import re
from typing import NamedTuple

from mitate.model.logs import Event
from mitate.model.recognise import service_of_unit

_SAYS = re.compile(
    r"(Started|Stopped|Failed to start) (?:\S.{0,200}\()?([\w@.:\\-]{1,100}?)(?:\.service)?(?:\)| - |\.|$)"
)
"""`Stopped nova-api.service - Nova API.` (since systemd 249), before `Stopped Nova API (nova-api).`"""


class UnitState(NamedTuple):
    """What systemd said last of a service's unit, and when."""

    runs: bool
    at: float
    says: str


def unit_state(event: Event) -> tuple[str, UnitState] | None:
    """The service that a line of systemd is about, and what became of it; None for any other line.

    >>> line = Event(at=7.0, process=1, message="Stopped keystone.service - Identity API.")
    >>> unit_state(line)
    ('keystone', UnitState(runs=False, at=7.0, says='Stopped keystone.service - Identity API.'))
    """
    if event.process != 1 or event.at is None:
        return None
    found = _SAYS.match(event.message)
    service = service_of_unit(f"{found[2]}.service") if found else ""
    if not found or not service:
        return None
    return service, UnitState(found[1] == "Started", event.at, event.message[:200])
