from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.subjects import server_subject
from mitate.model.cloud import Server
from mitate.model.diagnosis import Severity

PATIENCE = timedelta(minutes=10)
LONG_PATIENCE = timedelta(hours=2)
COPYING = ("image", "migrat", "shelv", "resize", "rebuild", "block_device_mapping", "unshelving")
"""Words of task states in which much data may be copied."""


@check(Server, severity=Severity.WARNING, symptom=True)
def server_stuck(servers: Sequence[Server]) -> Problems:
    """A server has been in the middle of an action for longer than that action takes.

    What it means
        Nova began something with it (task_state) and neither finished nor failed. While it lasts, most other
        actions are refused.
    Why it happens
        The service that had the work died or was restarted in the middle, its message was lost, or it waits:
        for Neutron to report the port (spawning), for a volume, for libvirt.
    Look again
        openstack server show SERVER -c OS-EXT-STS:task_state -c updated
        openstack server event list SERVER
        openstack compute service list
    Fix
        When its nova-compute is well again and still nothing moves: openstack server set --state active
        SERVER (or error) clears the task, then reboot hard, or delete.
    """
    for server in servers:
        if not server.task_state or server.updated_at is None:
            continue
        slow = any(word in server.task_state for word in COPYING)
        waited = server.source.at - server.updated_at
        if waited > (LONG_PATIENCE if slow else PATIENCE):
            yield Problem(
                subject=server_subject(server),
                says=f"server {server.name} has been {server.task_state} for "
                f"{int(waited.total_seconds() // 60)} minutes, status {server.status}",
                seen=(server,),
                since=server.updated_at,
                fix=(f"openstack server event list {server.id}",),
            )
