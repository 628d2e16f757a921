"""The router is administratively down.

Its agent has taken it away, as it was told. The API shows gateway, interfaces and floating IPs as ever, and
one word that says why nothing passes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Traced
from mitate.lab.faults._api import wait_healthy
from mitate.lab.faults._places import CLIENT
from mitate.lab.topology import FLOATING_IP

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Traced(CLIENT, FLOATING_IP, "RTR_ADMIN_DOWN")
_SET = """
router = conn.network.find_router("router1", ignore_missing=False)
conn.network.update_router(router, is_admin_state_up=%s)
"""


def break_(lab: Lab) -> None:
    lab.python(_SET % False)


def mend(lab: Lab) -> None:
    lab.python(_SET % True)
    wait_healthy(lab)
