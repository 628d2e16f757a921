from __future__ import annotations

from mitate.analyze.placement.answers import Refusal
from mitate.analyze.placement.cloud import Cloud, HostState
from mitate.analyze.placement.filters._filter import refuse, scheduler_filter
from mitate.analyze.placement.filters._groups import no_group, soft_group
from mitate.analyze.placement.filters._looks import hosts_of, servers_on, tells_servers
from mitate.analyze.words import listed
from mitate.model.placement import Wanted


@scheduler_filter("ServerGroupAffinityFilter")
def server_group_affinity(host: HostState, wanted: Wanted, cloud: Cloud) -> Refusal | None:
    """A host must be one on which the affinity group already has a server.

    What it means
        The server's group keeps its members together, they run on another host, and so only that one will do,
        full or not. The first server of a group may go anywhere.
    Why it happens
        The group has grown larger than one host, or its host is full, disabled or down.
    Look again
        openstack server group show GROUP
        openstack server show MEMBER -c OS-EXT-SRV-ATTR:host
    Fix
        Make room on the group's host, or take soft-affinity, which only prefers.
    """
    group = wanted.group
    if group is None or group.policy != "affinity" or not group.members:
        return None
    if servers_on(host, cloud).intersection(group.members):
        return None
    hosts = hosts_of(cloud, group.members)
    if not hosts or host.host in hosts:
        return None
    there = listed(sorted(hosts))
    return refuse(
        "ServerGroupAffinityFilter",
        f"affinity group {group.name} is on {there}, not on {host.host}",
        wanted=there,
        available=host.host,
        seen=(group, tells_servers(host, cloud)),
        mends=(soft_group(wanted, group), no_group(wanted)),
    )
