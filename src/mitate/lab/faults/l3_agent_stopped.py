"""The L3 agent on the network host is stopped.

Routers go on routing. A new floating IP, router or router interface is accepted by the API and never comes
to be; after a while the API says that the agent is dead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Expected
from mitate.lab.faults._api import wait_dead, wait_healthy
from mitate.lab.faults._units import start, stop

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Expected("agent_process_stopped", "agent", "L3 agent", "network")


def break_(lab: Lab) -> None:
    stop(lab, "network", "neutron-l3-agent")
    wait_dead(lab, "neutron-l3-agent@network")


def mend(lab: Lab) -> None:
    start(lab, "network", "neutron-l3-agent")
    wait_healthy(lab)
