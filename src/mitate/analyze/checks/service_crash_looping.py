from __future__ import annotations

from collections.abc import Sequence

from mitate.analyze.check import Problems, check
from mitate.analyze.life import by_host, is_agent, lives, looping
from mitate.analyze.stopped import loop_problem
from mitate.analyze.subjects import service_subject
from mitate.model.diagnosis import Severity
from mitate.model.host import Container, LogLine, Process, Unit


@check(Process, Unit, Container, LogLine, severity=Severity.CRITICAL, helps=2)
def service_crash_looping(
    processes: Sequence[Process],
    units: Sequence[Unit],
    containers: Sequence[Container],
    logs: Sequence[LogLine],
) -> Problems:
    """A service ends soon after each start, and is started again and again.

    What it means
        Whoever looks at the wrong moment sees it running. It never comes as far as doing its work, or
        loses it all again a moment later.
    Why it happens
        Mostly an option that it does not accept, a file it cannot read, a port that is taken, a database
        or broker that refuses it, or a missing module after an upgrade: the last line of its log says
        which.
    Look again
        systemctl show -p NRestarts,SubState,ExecMainStatus nova-compute
        journalctl -u nova-compute -n 50
    Fix
        Mend what its last words name, then: systemctl restart UNIT.
    """
    written = by_host(logs)
    for life in lives(processes, units, containers).values():
        by = None if is_agent(life.service) else looping(life)
        if by:
            yield loop_problem(life, by, service_subject(life.service, life.host), written[life.host])
