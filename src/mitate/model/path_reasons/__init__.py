"""The closed list of reasons why a packet did not arrive, or could not be followed.

Reports, the manual (``mitate explain CODE``) and the tests read it. Nobody gives any other.
"""

from __future__ import annotations

from mitate.model.path_reasons.firewall import FIREWALL
from mitate.model.path_reasons.floating import FLOATING
from mitate.model.path_reasons.guest import GUEST
from mitate.model.path_reasons.reason import LAYERS, PathReason
from mitate.model.path_reasons.router import ROUTER
from mitate.model.path_reasons.tunnel import TUNNEL
from mitate.model.path_reasons.unknown import CONTROL, OVN, UNSEEN
from mitate.model.path_reasons.wiring import WIRING

PATH_REASONS = (*GUEST, *WIRING, *FIREWALL, *TUNNEL, *ROUTER, *FLOATING, *OVN, *CONTROL, *UNSEEN)

BY_CODE = {reason.code: reason for reason in PATH_REASONS}

__all__ = ["BY_CODE", "LAYERS", "PATH_REASONS", "PathReason"]
