"""The RPC server of Neutron is stopped, while its API answers.

Networks and ports can be listed and created as ever. But nobody listens to the agents: after a while all of
them count as dead at once, and no new port gets wired.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Expected
from mitate.lab.faults._api import wait_dead, wait_healthy
from mitate.lab.faults._units import l2_agent, start, stop

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Expected("service_process_stopped", "service", "neutron-rpc-server", "controller")


def break_(lab: Lab) -> None:
    stop(lab, "controller", "neutron-rpc-server")
    wait_dead(lab, f"{l2_agent(lab)}@compute1", "neutron-l3-agent@network")


def mend(lab: Lab) -> None:
    start(lab, "controller", "neutron-rpc-server")
    wait_healthy(lab)
