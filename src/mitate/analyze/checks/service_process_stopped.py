from __future__ import annotations

from collections.abc import Sequence

from mitate.analyze.check import Problems, check
from mitate.analyze.life import by_host, is_agent, lives
from mitate.analyze.stopped import rows_by_key, seen_hosts, stop_problem, stops
from mitate.analyze.subjects import service_subject
from mitate.model.cloud import ComputeService
from mitate.model.diagnosis import Severity
from mitate.model.host import Container, LogLine, Process, Unit


@check(Process, Unit, ComputeService, Container, LogLine, severity=Severity.CRITICAL, helps=3)
def service_process_stopped(
    processes: Sequence[Process],
    units: Sequence[Unit],
    rows: Sequence[ComputeService],
    containers: Sequence[Container],
    logs: Sequence[LogLine],
) -> Problems:
    """A service does not run on a host where it should.

    What it means
        Nothing on that host does the service's work: the sentence of the finding says what is lost by it.
        Where Neutron's server is split, the API may go on answering while its RPC server is gone: then
        every agent looks dead though each of them runs.
    Why it happens
        It was stopped by hand or by a package upgrade and not started again, it ended with an error, or
        the kernel killed it for lack of memory. A unit that is disabled or masked is taken for intended,
        unless the compute service list still waits for it; one whose socket starts it is merely idle.
    Look again
        systemctl status nova-scheduler (or docker ps -a)
        openstack compute service list
    Fix
        Start it: systemctl start UNIT. When it ends again, its log says why.
    """
    everything, known = lives(processes, units, containers), rows_by_key(rows)
    written = by_host(logs)
    for stop in stops(everything, known, seen_hosts(processes)):
        if not is_agent(stop.service):
            yield stop_problem(stop, service_subject(stop.service, stop.host), written[stop.host])
