"""The port of vm1 is administratively down.

Somebody has switched it off in the API, where it says so and nothing else does: the server is ACTIVE, and
its agent is well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Traced
from mitate.lab.faults._api import wait_healthy
from mitate.lab.faults._places import CLIENT, port
from mitate.lab.topology import FLOATING_IP

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Traced(CLIENT, FLOATING_IP, "PORT_ADMIN_DOWN")
_SET = "conn.network.update_port(%r, is_admin_state_up=%s)"


def break_(lab: Lab) -> None:
    lab.python(_SET % (port(lab, "vm1").id, False))


def mend(lab: Lab) -> None:
    lab.python(_SET % (port(lab, "vm1").id, True))
    wait_healthy(lab)
