from __future__ import annotations

from collections.abc import Sequence

from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.fixes import shell
from mitate.analyze.loss import loss
from mitate.analyze.subjects import agent_subject
from mitate.analyze.words import lasting
from mitate.model.cloud import NetworkAgent
from mitate.model.diagnosis import Severity


@check(NetworkAgent, severity=Severity.CRITICAL, symptom=True)
def agent_dead(agents: Sequence[NetworkAgent]) -> Problems:
    """Neutron has not heard from an agent for too long, and calls it dead.

    What it means
        No port is bound to the agent's host any more, and routers and networks may be moved off it. What
        is wired there mostly keeps working. An agent that is only set administratively down is not dead.
    Why it happens
        The agent is stopped, frozen or ends again and again; its host or its link is gone; the message
        broker or Neutron's RPC server does not take its reports; or clocks differ. For an OVN agent it
        may also mean that it lags behind: do not restart it for that alone.
    Look again
        openstack network agent list
        openstack network agent show ID -c last_heartbeat_at -c alive
    Fix
        Follow the cause that explains it.
    """
    for agent in agents:
        if agent.alive:
            continue
        silent = agent.source.at - agent.heartbeat_at if agent.heartbeat_at else None
        heard = f"its last heartbeat is {lasting(silent)} old" if silent else "it has never reported"
        intended = "" if agent.admin_up else " (it is administratively down)"
        yield Problem(
            subject=agent_subject(agent),
            says=f"{agent.type} on {agent.host} is dead to Neutron{intended}: {heard}{loss(agent.binary)}",
            seen=(agent,),
            since=agent.heartbeat_at,
            severity=None if agent.admin_up else Severity.INFO,
            fix=(shell("openstack", "network", "agent", "show", agent.id),),
        )
