from __future__ import annotations

from collections.abc import Sequence

from mitate.analyze.check import Problems, check
from mitate.analyze.frozen import freezes, frozen_problem
from mitate.analyze.life import is_agent, lives
from mitate.analyze.stopped import rows_by_key
from mitate.analyze.subjects import agent_named
from mitate.model.cloud import NetworkAgent
from mitate.model.diagnosis import Severity
from mitate.model.host import Container, Process


@check(NetworkAgent, Process, Container, severity=Severity.CRITICAL, helps=1)
def agent_process_frozen(
    agents: Sequence[NetworkAgent], processes: Sequence[Process], containers: Sequence[Container]
) -> Problems:
    """A network agent's process is there but does not run: stopped by a signal, or hung in the kernel.

    What it means
        systemd and the process list call the agent alive. It does nothing: no heartbeat, no new port on
        its host gets wired, and binding there fails. What is already wired keeps working.
    Why it happens
        State T: somebody or something sent SIGSTOP (a debugger, a suspended shell, a freezer). A
        container that is paused looks alike. State D: it waits in the kernel, mostly for storage or NFS.
    Look again
        ps -o pid,stat,wchan:30,args -C neutron-linuxbridge-agent
        openstack network agent list --host HOST
    Fix
        State T: kill -CONT PID. A paused container: docker unpause NAME. State D: find what it waits for
        (wchan, dmesg); restart the agent after.
    """
    rows = rows_by_key(agents)
    for freeze in freezes(lives(processes, (), containers), rows):
        if is_agent(freeze.service):
            yield frozen_problem(freeze, agent_named(freeze.service, freeze.host, rows))
