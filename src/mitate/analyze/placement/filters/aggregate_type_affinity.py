from __future__ import annotations

from mitate.analyze.placement.answers import Refusal
from mitate.analyze.placement.cloud import Cloud, HostState
from mitate.analyze.placement.filters._filter import refuse, scheduler_filter
from mitate.analyze.placement.filters._looks import values, with_key
from mitate.analyze.placement.filters._mends import aggregate_with, leave
from mitate.analyze.words import listed
from mitate.model.placement import Wanted

KEY = "instance_type"


@scheduler_filter("AggregateTypeAffinityFilter")
def aggregate_type_affinity(host: HostState, wanted: Wanted, cloud: Cloud) -> Refusal | None:
    """A host in an aggregate that names flavours takes servers of those flavours only.

    What it means
        An aggregate of the host has instance_type in its metadata (names of flavours, with commas), and the
        flavour is not among them. Of several aggregates any one will do.
    Why it happens
        The host is kept for other flavours, or the flavour was renamed.
    Look again
        openstack aggregate list --long
    Fix
        openstack aggregate set --property instance_type=NAME1,NAME2 AGGREGATE
    """
    lists = values(host, cloud, KEY)
    names = {part.strip() for each in lists for part in each.split(",")}
    if not lists or wanted.flavor_name in names:
        return None
    bound = with_key(host, KEY)
    first = bound[0]
    more = ",".join([dict(first.metadata)[KEY], wanted.flavor_name])
    return refuse(
        "AggregateTypeAffinityFilter",
        f"host {host.host} is kept for flavour {listed(sorted(names))}, not for {wanted.flavor_name}",
        wanted=wanted.flavor_name,
        available=listed(sorted(names)),
        seen=bound,
        mends=(aggregate_with(first, {KEY: more}), leave(bound, host)),
    )
