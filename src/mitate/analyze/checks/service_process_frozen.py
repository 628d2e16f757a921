from __future__ import annotations

from collections.abc import Sequence

from mitate.analyze.check import Problems, check
from mitate.analyze.frozen import freezes, frozen_problem
from mitate.analyze.life import is_agent, lives
from mitate.analyze.stopped import rows_by_key
from mitate.analyze.subjects import service_subject
from mitate.model.cloud import ComputeService
from mitate.model.diagnosis import Severity
from mitate.model.host import Container, Process


@check(Process, ComputeService, Container, severity=Severity.CRITICAL, helps=2)
def service_process_frozen(
    processes: Sequence[Process], rows: Sequence[ComputeService], containers: Sequence[Container]
) -> Problems:
    """A service's process is there but does not run: stopped by a signal, or hung in the kernel.

    What it means
        systemd and the process list call the service alive, connections to it are even accepted by the
        kernel, but nothing is answered: callers wait until they time out.
    Why it happens
        State T: somebody or something sent SIGSTOP (a debugger, a suspended shell, a freezer). A
        container that is paused looks alike. State D with a dead heartbeat: it waits in the kernel,
        mostly for storage or NFS.
    Look again
        ps -eo pid,stat,wchan:30,args | grep nova-compute
        openstack compute service list
    Fix
        State T: kill -CONT PID. A paused container: docker unpause NAME. State D: find what it waits for
        (wchan, dmesg); restart the service after.
    """
    for freeze in freezes(lives(processes, (), containers), rows_by_key(rows)):
        if not is_agent(freeze.service):
            yield frozen_problem(freeze, service_subject(freeze.service, freeze.host))
