from __future__ import annotations

from collections.abc import Sequence

from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.subjects import agent_subject
from mitate.model.cloud import NetworkAgent
from mitate.model.diagnosis import Confidence, Severity
from mitate.model.host import Process


@check(NetworkAgent, Process, severity=Severity.CRITICAL)
def agent_process_frozen(agents: Sequence[NetworkAgent], processes: Sequence[Process]) -> Problems:
    """A network agent's process is there but does not run: stopped by a signal, or hung in the kernel.

    What it means
        systemd and the process list call the agent alive. It does nothing: no heartbeat, no new port on its
        host gets wired, and binding there fails. What is already wired keeps working.
    Why it happens
        State T: somebody or something sent SIGSTOP (a debugger, a suspended shell, a freezer). State D: it
        waits in the kernel, mostly for storage or NFS.
    Look again
        ps -o pid,stat,wchan:30,args -C neutron-linuxbridge-agent
        openstack network agent list --host HOST
    Fix
        State T: kill -CONT PID. State D: find what it waits for (wchan, dmesg); restart the agent after.
    """
    held = {(p.source.host, p.service): p for p in processes if p.state in ("T", "t", "D")}
    for agent in agents:
        process = held.get((agent.host, agent.binary))
        if process is None or (process.state == "D" and agent.alive):
            continue  # an agent that reports may well be seen in D for a moment
        stopped = process.state != "D"
        how = "stopped by a signal (state T)" if stopped else "stuck in the kernel (state D)"
        yield Problem(
            subject=agent_subject(agent),
            says=f"{agent.type} on {agent.host} is there as process {process.pid}, but {how}: "
            f"OpenStack hears nothing from it",
            seen=(process, agent),
            since=agent.heartbeat_at,
            confidence=Confidence.PROVED,
            fix=(f"kill -CONT {process.pid}",) if stopped else (f"cat /proc/{process.pid}/stack",),
        )
