from __future__ import annotations

from collections.abc import Sequence

from mitate.analyze.check import Problems, check
from mitate.analyze.life import by_host, is_agent, lives
from mitate.analyze.stopped import rows_by_key, seen_hosts, stop_problem, stops
from mitate.analyze.subjects import agent_named
from mitate.model.cloud import NetworkAgent
from mitate.model.diagnosis import Severity
from mitate.model.host import Container, LogLine, Process, Unit


@check(NetworkAgent, Process, Unit, Container, LogLine, severity=Severity.CRITICAL, helps=2)
def agent_process_stopped(
    agents: Sequence[NetworkAgent],
    processes: Sequence[Process],
    units: Sequence[Unit],
    containers: Sequence[Container],
    logs: Sequence[LogLine],
) -> Problems:
    """A network agent does not run on a host where it should.

    What it means
        Nothing on that host does the agent's work. What it has already set up (bridges, routers, dnsmasq)
        stays in the kernel and mostly keeps working; nothing new gets wired, and binding ports there
        fails.
    Why it happens
        It was stopped by hand or by a package upgrade and not started again, it ended with an error, or
        the kernel killed it for lack of memory. A unit that is disabled or masked is taken for intended,
        unless the agent list still waits for it.
    Look again
        systemctl status neutron-l3-agent (or docker ps -a)
        openstack network agent list --host HOST
    Fix
        Start it: systemctl start UNIT. When it ends again, its log says why. When it is meant to be gone:
        openstack network agent delete ID.
    """
    rows, written = rows_by_key(agents), by_host(logs)
    for stop in stops(lives(processes, units, containers), rows, seen_hosts(processes)):
        if is_agent(stop.service):
            yield stop_problem(stop, agent_named(stop.service, stop.host, rows), written[stop.host])
