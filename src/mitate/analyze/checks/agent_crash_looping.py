from __future__ import annotations

from collections.abc import Sequence

from mitate.analyze.check import Problems, check
from mitate.analyze.life import by_host, is_agent, lives, looping
from mitate.analyze.stopped import loop_problem, rows_by_key
from mitate.analyze.subjects import agent_named
from mitate.model.cloud import NetworkAgent
from mitate.model.diagnosis import Severity
from mitate.model.host import Container, LogLine, Process, Unit


@check(Process, Unit, NetworkAgent, Container, LogLine, severity=Severity.CRITICAL, helps=3)
def agent_crash_looping(
    processes: Sequence[Process],
    units: Sequence[Unit],
    agents: Sequence[NetworkAgent],
    containers: Sequence[Container],
    logs: Sequence[LogLine],
) -> Problems:
    """A network agent ends soon after each start, and is started again and again.

    What it means
        Whoever looks at the wrong moment sees it running. It never comes as far as doing its work, or
        loses it all again a moment later.
    Why it happens
        Mostly an option that it does not accept, a file it cannot read, a missing module after an
        upgrade, or an interface named in its configuration that the host lacks: the last line of its log
        says which.
    Look again
        systemctl show -p NRestarts,SubState,ExecMainStatus neutron-dhcp-agent
        journalctl -u neutron-dhcp-agent -n 50
    Fix
        Mend what its last words name, then: systemctl restart UNIT.
    """
    rows, written = rows_by_key(agents), by_host(logs)
    for life in lives(processes, units, containers).values():
        by = looping(life) if is_agent(life.service) else None
        if by:
            yield loop_problem(life, by, agent_named(life.service, life.host, rows), written[life.host])
