from __future__ import annotations

from collections.abc import Sequence

from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.room import got_no_host
from mitate.analyze.subjects import server_subject
from mitate.model.cloud import Server
from mitate.model.diagnosis import Severity

LONGEST = 200


@check(Server, severity=Severity.WARNING, symptom=True)
def server_in_error(servers: Sequence[Server]) -> Problems:
    """A server is in ERROR.

    What it means
        The last thing that was done with it failed: it was never built, or a later action broke off. The
        fault is the last word of a longer story. Servers that got no host are another finding.
    Why it happens
        The fault's words say where to begin: binding failed (L2 agent), build aborted (image, disk,
        libvirt), timeout (a service that did not answer).
    Look again
        openstack server show SERVER -c fault
        openstack server event list SERVER
        grep REQUEST_ID /var/log/nova/*.log     # the event's request id, on every host
    Fix
        Mend the cause first. A server that was never built is deleted and asked for again; one that ran:
        openstack server set --state active SERVER, then openstack server reboot --hard SERVER.
    """
    for server in servers:
        if server.status == "ERROR" and not got_no_host(server):
            words = " ".join(server.fault.split())
            fault = words if len(words) <= LONGEST else f"{words[:LONGEST]}…"
            yield Problem(
                subject=server_subject(server),
                says=f"server {server.name} is in ERROR: {fault.rstrip('.') or 'Nova says no more'}",
                seen=(server,),
                since=server.updated_at,
                fix=(f"openstack server event list {server.id}",),
            )
