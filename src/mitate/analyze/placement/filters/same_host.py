from __future__ import annotations

from mitate.analyze.placement.answers import Refusal
from mitate.analyze.placement.cloud import Cloud, HostState
from mitate.analyze.placement.filters._filter import refuse, scheduler_filter
from mitate.analyze.placement.filters._looks import server_name, servers_on, tells_servers
from mitate.analyze.placement.filters._mends import drop_hint
from mitate.analyze.words import listed
from mitate.model.placement import Wanted


@scheduler_filter("SameHostFilter")
def same_host(host: HostState, wanted: Wanted, cloud: Cloud) -> Refusal | None:
    """A host must run one of the servers that the hint same_host names.

    What it means
        The request says ``--hint same_host=SERVER``, and no server named there runs on this host.
    Why it happens
        The named server is on another host, which is full or refuses for another reason; or it is gone, and
        then no host will do.
    Look again
        openstack server show SERVER -c OS-EXT-SRV-ATTR:host
    Fix
        Make room on the host of the named server, or ask without the hint.
    """
    named = wanted.hint("same_host")
    if not named or named == ("",):
        return None
    if servers_on(host, cloud).intersection(named):
        return None
    names = listed([server_name(cloud, each) for each in named])
    return refuse(
        "SameHostFilter",
        f"host {host.host} does not run {names}, beside which the hint same_host wants it",
        wanted=names,
        available="none of them",
        seen=(tells_servers(host, cloud), *(cloud.servers[each] for each in named if each in cloud.servers)),
        mends=(drop_hint(wanted, "same_host"),),
    )
