from __future__ import annotations

from collections.abc import Sequence

from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.fixes import shell
from mitate.analyze.subjects import agent_subject
from mitate.analyze.words import lasting
from mitate.model.cloud import NetworkAgent
from mitate.model.diagnosis import Severity


@check(NetworkAgent, severity=Severity.WARNING)
def ghost_agent(agents: Sequence[NetworkAgent]) -> Problems:
    """A row of the agent list is left over from a host that has since changed its name.

    What it means
        The same agent is listed twice: dead under the old name, alive under the new one. Ports, routers
        and networks that are bound to the old name are never wired again.
    Why it happens
        The host was renamed, or began to report its full name instead of the short one (or the other way
        round), after a reinstallation or a change of ``host`` in neutron.conf.
    Look again
        openstack network agent list --agent-type TYPE
        openstack port list --host OLD-NAME
    Fix
        Move what is bound to the old name (openstack port set --host NEW PORT; agent remove/add router),
        then openstack network agent delete ID.
    """
    alive = [agent for agent in agents if agent.alive]
    for agent in agents:
        if agent.alive or not agent.heartbeat_at:
            continue
        rows = (row for row in alive if row.binary == agent.binary and _same(row.host, agent.host))
        other = next(rows, None)
        if other is None or other.started_at is None or agent.heartbeat_at > other.started_at:
            continue
        silent = lasting(agent.source.at - agent.heartbeat_at)
        yield Problem(
            subject=agent_subject(agent),
            says=f"{agent.type} is listed under {agent.host}, silent for {silent}, and under {other.host}, "
            f"alive: the old row is left over",
            seen=(agent, other),
            since=agent.heartbeat_at,
            fix=(
                shell("openstack", "port", "list", "--host", agent.host),
                shell("openstack", "network", "agent", "delete", agent.id),
            ),
        )


def _same(one: str, other: str) -> bool:
    """Whether one is the short name of the other; equal first labels in two domains are two machines."""
    one, other = one.lower(), other.lower()
    return one != other and (one.startswith(f"{other}.") or other.startswith(f"{one}."))
