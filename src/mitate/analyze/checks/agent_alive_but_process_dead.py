from __future__ import annotations

from collections.abc import Sequence

from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.fixes import on, shell
from mitate.analyze.life import ENABLED, is_agent, lives, looping
from mitate.analyze.stopped import reported_after_end, rows_by_key, seen_hosts
from mitate.analyze.subjects import agent_subject
from mitate.model.cloud import NetworkAgent
from mitate.model.diagnosis import Severity
from mitate.model.host import Process, Unit


@check(NetworkAgent, Process, Unit, severity=Severity.CRITICAL)
def agent_alive_but_process_dead(
    agents: Sequence[NetworkAgent], processes: Sequence[Process], units: Sequence[Unit]
) -> Problems:
    """Neutron calls an agent alive, but on its host no such process runs.

    What it means
        Either the agent has just gone and Neutron will notice after agent_down_time, or another agent
        reports under this host's name: then ports are sent to a host where nobody wires them, and the
        other host gets none.
    Why it happens
        Two hosts with the same name, or the same ``host =`` in neutron.conf, after cloning a machine or
        copying a configuration; or an agent that was stopped and disabled a moment ago.
    Look again
        openstack network agent list --host HOST
        systemctl status UNIT; grep -r '^host' /etc/neutron on every host
    Fix
        Give each host its own name, restart the agents there, and delete the row that is left over.
    """
    everything, seen = lives(processes, units), seen_hosts(processes)
    for (host, binary), agent in rows_by_key(agents).items():
        life = everything.get((host, binary))
        if not (is_agent(binary) and agent.alive and host in seen and life and life.units):
            continue
        unit = life.units[0]
        impostor = reported_after_end(agent, unit)
        if life.active or looping(life) or (unit.enabled in ENABLED and not impostor):
            continue
        why = (
            "another agent reports under this host's name"
            if impostor
            else f"{unit.name} is {unit.active} and {unit.enabled or 'not enabled'}, "
            "which Neutron has not noticed yet"
        )
        yield Problem(
            subject=agent_subject(agent),
            says=f"{agent.type} on {host} is alive to Neutron, but no such process runs there: {why}",
            seen=(agent, unit),
            since=unit.since,
            fix=(
                on(host, "grep", "-rn", "^host", "/etc/neutron"),
                shell("openstack", "network", "agent", "list", "--host", host),
            ),
        )
