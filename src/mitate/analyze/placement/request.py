"""What Nova asks of Placement for a request: the flavour, its properties and the image's, and what the
request filters add (nova.scheduler.utils.ResourceRequest, nova.scheduler.request_filter).
"""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from mitate.analyze.placement.cloud import Cloud
from mitate.model.placement import Constraint, Wanted


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """One question to Placement. constraints: every single thing demanded, the unnumbered group first.

    unlimited: Nova asks for all candidates, not only for max_placement_results. fallback: what Nova asks
    besides when CPUs are pinned (VCPU in the place of PCPU); a host passes when either takes it. refused:
    why a request filter, or the API, says no to the request itself; "" when none does.
    """

    constraints: tuple[Constraint, ...]
    group_policy: str = ""
    unlimited: bool = False
    fallback: Ask | None = None
    refused: str = ""
    assumptions: tuple[str, ...] = ()

    def query(self, without: Collection[Constraint] = ()) -> str:
        """The query of GET /allocation_candidates, sorted, without limit; "" when nothing is left to ask."""
        raise NotImplementedError

    @property
    def microversion(self) -> str:
        """The lowest of Placement's API that can carry it and knows of nested providers."""
        raise NotImplementedError


def ask_of(wanted: Wanted, cloud: Cloud) -> Ask:
    """What Nova would ask of Placement now."""
    raise NotImplementedError
