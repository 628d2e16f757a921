from __future__ import annotations

from collections.abc import Sequence

from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.fixes import read_log, restart
from mitate.analyze.frozen import freezes
from mitate.analyze.life import is_agent, lives, looping
from mitate.analyze.silence import clues, starting, why_unheard
from mitate.analyze.stopped import rows_by_key
from mitate.analyze.subjects import agent_subject
from mitate.model.cloud import NetworkAgent
from mitate.model.diagnosis import Severity
from mitate.model.host import HostIdentity, LogLine, Process, Socket, Unit


@check(NetworkAgent, Process, Unit, Socket, LogLine, HostIdentity, severity=Severity.CRITICAL, helps=4)
def agent_dead_to_openstack(
    agents: Sequence[NetworkAgent],
    processes: Sequence[Process],
    units: Sequence[Unit],
    sockets: Sequence[Socket],
    logs: Sequence[LogLine],
    identities: Sequence[HostIdentity],
) -> Problems:
    """A network agent's process runs, but Neutron has not heard from it for too long.

    What it means
        The host calls the agent alive, the cloud calls it dead: no port is bound to its host, and routers
        and networks may be moved off it. The finding says which of the usual reasons its own traces point
        to.
    Why it happens
        It has no connection to the message broker (or the wrong user, or the wrong broker), its reports
        are not taken because Neutron's RPC server is gone, its clock is off, or it hangs within itself (a
        lock, a privsep helper that died).
    Look again
        ss -tnp | grep -e 5672 -e 5671; tail the agent's log
        openstack network agent show ID -c last_heartbeat_at
    Fix
        Mend what the finding names. When nothing else does: systemctl restart UNIT, after saving its log.
    """
    everything, rows = lives(processes, units), rows_by_key(agents)
    frozen = {(freeze.host, freeze.service) for freeze in freezes(everything, rows) if freeze.whole}
    found = clues(everything, sockets, logs, identities)
    for key, agent in rows.items():
        life = everything.get(key)
        if agent.alive or not life or not life.main or not is_agent(agent.binary):
            continue
        if key in frozen or looping(life) or starting(life):
            continue
        reason = why_unheard(life, found, agent.heartbeat_at)
        unit = life.units[0] if life.units else None
        yield Problem(
            subject=agent_subject(agent),
            says=f"{agent.type} on {agent.host} runs as process {life.main.pid}, "
            f"but Neutron does not hear it: {reason.says}",
            seen=(agent, life.main, *reason.seen),
            since=agent.heartbeat_at,
            severity=None if agent.admin_up else Severity.WARNING,
            fix=(
                read_log(agent.host, unit, agent.binary),
                restart(agent.host, unit, agent.binary),
            ),
        )
