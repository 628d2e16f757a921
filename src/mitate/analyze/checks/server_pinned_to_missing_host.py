from __future__ import annotations

import re
from collections.abc import Sequence

from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.subjects import server_subject
from mitate.model.cloud import ComputeService, Server
from mitate.model.diagnosis import Confidence, Evidence, Severity

NO_SUCH = re.compile(r"No such host - host: (\S{1,255}) node: (\S{1,255})")
"""What Nova says (``nova/scheduler/utils.py``)."""


@check(Server, ComputeService, severity=Severity.WARNING)
def server_pinned_to_missing_host(servers: Sequence[Server], services: Sequence[ComputeService]) -> Problems:
    """A server was asked for on a certain host, and Nova knows no such host.

    What it means
        The request named its host (--availability-zone ZONE:HOST, --host), so the scheduler looked nowhere
        else. All other servers get their host.
    Why it happens
        A typing error, the short name instead of the full one (Nova takes the name as nova-compute reports
        it), or a host that has been removed or renamed while scripts and templates still name it.
    Look again
        openstack server show SERVER -c fault
        openstack compute service list --service nova-compute
    Fix
        Delete the server and ask again, for a host of that list or for none.
    """
    computes = {s.host: s for s in services if s.binary == "nova-compute"}
    for server in servers:
        said = NO_SUCH.search(server.fault) if server.status == "ERROR" else None
        _, colon, pinned = server.zone.partition(":")
        if said:
            host = said[1] if said[1] != "None" else said[2]
        elif server.status == "ERROR" and colon and "no valid host" in server.fault.lower():
            host = pinned.partition(":")[0]
        else:
            continue
        if not host or host in computes or not computes:
            continue
        near = next((name for name in sorted(computes) if _alike(name, host)), "")
        hint = f"; there is {near}" if near else ""
        row = next(iter(computes.values()))
        yield Problem(
            subject=server_subject(server),
            says=f"server {server.name} was asked for on host {host}, which no nova-compute has{hint}",
            seen=(server, Evidence.of(row, f"hosts with nova-compute: {', '.join(sorted(computes)[:10])}")),
            since=server.created_at,
            confidence=Confidence.PROVED,
            fix=(
                "openstack compute service list --service nova-compute",
                f"openstack server delete {server.id}",
            ),
        )


def _alike(name: str, host: str) -> bool:
    """The same but for case or domain."""
    return name.lower().partition(".")[0] == host.lower().partition(".")[0]
