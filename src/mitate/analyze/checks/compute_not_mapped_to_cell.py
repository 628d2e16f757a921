from __future__ import annotations

from collections.abc import Sequence

from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.room import NO_CELL, Homes
from mitate.analyze.subjects import compute_service_subject
from mitate.model.cloud import ComputeService, Hypervisor, Server
from mitate.model.diagnosis import Confidence, Evidence, Severity
from mitate.model.placement import Provider


@check(Hypervisor, ComputeService, Provider, Server, severity=Severity.WARNING, whole=1, helps=1)
def compute_not_mapped_to_cell(
    hypervisors: Sequence[Hypervisor],
    services: Sequence[ComputeService],
    providers: Sequence[Provider],
    servers: Sequence[Server],
) -> Problems:
    """A compute runs and offers itself to Placement, but Nova knows no cell for its host.

    What it means
        No server can run there: one that the scheduler sends there ends in ERROR at once ("not mapped to any
        cell"). The service list shows it as up, the hypervisor list leaves it out.
    Why it happens
        After a new compute was installed, nobody ran discover_hosts, and the scheduler does not do it by
        itself (discover_hosts_in_cells_interval); or the mapping of a host was deleted while it went on
        running. A compute that Placement does not know either has not registered itself at all yet: that is
        another trouble, and its log tells.
    Look again
        openstack compute service list --service nova-compute
        openstack hypervisor list
        nova-manage cell_v2 list_hosts
    Fix
        nova-manage cell_v2 discover_hosts --verbose     # on a controller
        To have the scheduler look by itself: [scheduler] discover_hosts_in_cells_interval = 300
    """
    listed = {hypervisor.service_host for hypervisor in hypervisors}
    homes = Homes(providers, hypervisors)
    for service in services:
        if service.binary != "nova-compute" or service.host in listed:
            continue
        provider = homes.alone(service.host)
        if provider is None:
            continue
        failed = next((each for each in servers if _no_cell(each) == service.host), None)
        names = ", ".join(sorted(listed)[:10]) or "none"
        yield Problem(
            subject=compute_service_subject(service),
            says=f"{service.binary} on {service.host} reports, and Placement has its provider, but the "
            f"host belongs to no cell: no server can run there"
            + (f"; server {failed.name} failed for that" if failed else ""),
            seen=(
                service,
                provider,
                Evidence.of(hypervisors[0], f"hosts with a hypervisor: {names}") if hypervisors else provider,
                *([failed] if failed else ()),
            ),
            severity=Severity.WARNING if service.up else Severity.INFO,
            confidence=Confidence.PROVED if failed else Confidence.CONFIRMED,
            fix=("nova-manage cell_v2 discover_hosts --verbose",),
        )


def _no_cell(server: Server) -> str:
    """The host without a cell that a server was sent to."""
    said = NO_CELL.search(server.fault) if server.status == "ERROR" else None
    return said[1] if said else ""
