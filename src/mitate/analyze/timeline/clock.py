"""The clocks of the hosts: how far each is off, and by how much its lines are moved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mitate.analyze.silence import skew_s
from mitate.analyze.timeline.known import Known
from mitate.model.timeline import Clock

WITHIN_S = 0.25
"""How good a measurement is at best: a host needs that long to tell its time when it is busy."""


def clocks(known: Known, hosts: Iterable[str]) -> tuple[Clock, ...]:
    """One for each host. A difference within the measurement's own error is left alone."""
    off = skew_s(known.identities)
    took = {each.host: each.took_s for each in known.contacts}
    found = []
    for host in sorted(set(hosts)):
        offset = off.get(host)
        within = max(WITHIN_S, min(took.get(host, 0.0), 5.0))
        moved = offset if offset is not None and abs(offset) > within else 0.0
        found.append(Clock(host, offset, moved, within))
    return tuple(found)


def moved(all_clocks: Iterable[Clock]) -> Mapping[str, float]:
    """Seconds to take off what a host wrote."""
    return {clock.host: clock.corrected_s for clock in all_clocks}
