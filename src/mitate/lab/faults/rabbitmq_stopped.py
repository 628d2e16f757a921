"""RabbitMQ is stopped.

The APIs still answer, mostly, and nothing that they are asked for is done. After a while every agent and
every service of the cloud counts as dead; all logs say that AMQP is unreachable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Expected
from mitate.lab.faults._api import wait_dead, wait_healthy
from mitate.lab.faults._units import l2_agent, start, stop

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Expected("service_process_stopped", "service", "rabbitmq", "controller")


def break_(lab: Lab) -> None:
    stop(lab, "controller", "rabbitmq-server")
    wait_dead(lab, f"{l2_agent(lab)}@compute1", "neutron-l3-agent@network", "nova-compute@compute1")


def mend(lab: Lab) -> None:
    start(lab, "controller", "rabbitmq-server")
    wait_healthy(lab)
