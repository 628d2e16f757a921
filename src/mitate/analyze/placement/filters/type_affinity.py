from __future__ import annotations

from mitate.analyze.placement.answers import Refusal, Unseen
from mitate.analyze.placement.cloud import Cloud, HostState
from mitate.analyze.placement.filters._filter import refuse, scheduler_filter
from mitate.analyze.placement.filters._looks import servers_on
from mitate.analyze.placement.filters._mends import migrate
from mitate.analyze.words import listed
from mitate.model.placement import Wanted


@scheduler_filter("TypeAffinityFilter")
def type_affinity(host: HostState, wanted: Wanted, cloud: Cloud) -> Refusal | None:
    """A host takes servers of one flavour only: that of the servers it has.

    What it means
        The host runs servers of another flavour. An empty host takes any. Stein has the filter no more. Nova
        compares the flavours' numbers, so that a flavour made anew under its old name is another one; here
        their names are compared.
    Why it happens
        No empty host is left for a flavour that has none yet.
    Look again
        openstack server list --all-projects --host HOST --long
    Fix
        Empty a host, or leave the filter out of the list.
    """
    here = servers_on(host, cloud)
    known = {each: cloud.servers[each] for each in here if each in cloud.servers}
    others = [server for server in known.values() if server.flavor_name != wanted.flavor_name]
    if not others:
        if len(known) < len(here):
            raise Unseen(f"the flavours of the servers on {host.host} were not seen")
        return None
    names = listed(sorted({server.flavor_name for server in others}))
    return refuse(
        "TypeAffinityFilter",
        f"host {host.host} has servers of flavour {names}, and takes no {wanted.flavor_name} beside them",
        wanted=wanted.flavor_name,
        available=names,
        seen=others[:3],
        mends=(migrate(cloud, host, [server.id for server in others]),) if len(known) == len(here) else (),
    )
