"""Where a request died: from the server's fault, its events, and the lines of its request in the logs."""

from __future__ import annotations

import msgspec

from mitate.analyze.placement.cloud import Cloud
from mitate.model.diagnosis import Evidence, Finding
from mitate.model.placement import Stage, Wanted


class Death(msgspec.Struct, frozen=True, kw_only=True):
    """stage: None when nothing died, or nobody can tell. left: (filter, hosts that Nova's log says remained).

    tried: hosts on which it was to be built. first_cause: of which "no valid host" is but an echo.
    """

    stage: Stage | None = None
    says: str = ""
    left: tuple[tuple[str, int], ...] = ()
    tried: tuple[str, ...] = ()
    first_cause: Finding | None = None
    evidence: tuple[Evidence, ...] = ()


def death(wanted: Wanted, cloud: Cloud) -> Death:
    """Of the server of the request; an empty one for a request that was never made."""
    return Death()
