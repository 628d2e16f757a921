from __future__ import annotations

from mitate.analyze.placement.answers import Refusal
from mitate.analyze.placement.cloud import Cloud, HostState
from mitate.analyze.placement.filters._filter import refuse, scheduler_filter
from mitate.analyze.placement.filters._groups import no_group, soft_group, wider_group
from mitate.analyze.placement.filters._looks import server_name, servers_on, tells_servers
from mitate.analyze.placement.filters._mends import migrate
from mitate.analyze.words import listed
from mitate.model.placement import Wanted


@scheduler_filter("ServerGroupAntiAffinityFilter")
def server_group_anti_affinity(host: HostState, wanted: Wanted, cloud: Cloud) -> Refusal | None:
    """A host must not have as many servers of an anti-affinity group as one host may have.

    What it means
        The server's group keeps its members apart: one on each host, or max_server_per_host of them
        (microversion 2.64). This host has that many already.
    Why it happens
        The group is larger than the number of hosts that could take its servers: a zone, a trait or an
        aggregate leaves too few, or some are disabled. Members that are shut off count like running ones.
    Look again
        openstack server group show GROUP
        openstack server list --all-projects --host HOST
    Fix
        One more host for the group is what keeps its promise. Else delete a member that is not needed, or
        begin a new group that promises less: soft-anti-affinity, or max_server_per_host=2.
    """
    group = wanted.group
    if group is None or group.policy != "anti-affinity":
        return None
    here = servers_on(host, cloud)
    if wanted.server_id and wanted.server_id in here:
        return None
    members = here.intersection(group.members)
    most = 1 if group.max_per_host is None else group.max_per_host
    if len(members) < most:
        return None
    names = listed([server_name(cloud, each) for each in sorted(members)])
    return refuse(
        "ServerGroupAntiAffinityFilter",
        f"host {host.host} has {names} of anti-affinity group {group.name} already, and may have {most}",
        wanted=f"fewer than {most} of group {group.name}",
        available=len(members),
        seen=(group, tells_servers(host, cloud)),
        mends=(
            soft_group(wanted, group),
            wider_group(wanted, group, len(members) + 1),
            no_group(wanted),
            migrate(cloud, host, sorted(members)[: len(members) - most + 1]),
        ),
    )
