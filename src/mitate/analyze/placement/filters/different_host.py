from __future__ import annotations

from mitate.analyze.placement.answers import Refusal
from mitate.analyze.placement.cloud import Cloud, HostState
from mitate.analyze.placement.filters._filter import refuse, scheduler_filter
from mitate.analyze.placement.filters._looks import server_name, servers_on, tells_servers
from mitate.analyze.placement.filters._mends import drop_hint, migrate
from mitate.analyze.words import listed
from mitate.model.placement import Wanted


@scheduler_filter("DifferentHostFilter")
def different_host(host: HostState, wanted: Wanted, cloud: Cloud) -> Refusal | None:
    """A host must run none of the servers that the hint different_host names.

    What it means
        The request says ``--hint different_host=SERVER``, and that server runs on this host.
    Why it happens
        The hint names servers on every host that could take it.
    Look again
        openstack server show SERVER -c OS-EXT-SRV-ATTR:host
    Fix
        Ask without the hint, or name fewer servers in it.
    """
    named = wanted.hint("different_host")
    if not named or named == ("",):
        return None
    here = servers_on(host, cloud).intersection(named)
    if not here:
        return None
    names = listed([server_name(cloud, each) for each in sorted(here)])
    return refuse(
        "DifferentHostFilter",
        f"host {host.host} runs {names}, from which the hint different_host keeps it away",
        wanted=f"without {names}",
        available=names,
        seen=(
            tells_servers(host, cloud),
            *(cloud.servers[each] for each in sorted(here) if each in cloud.servers),
        ),
        mends=(
            drop_hint(wanted, "different_host", risk="it may then come up beside the servers it shuns"),
            migrate(cloud, host, here),
        ),
    )
