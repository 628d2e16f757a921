from __future__ import annotations

from mitate.analyze.placement.answers import Refusal, Unseen
from mitate.analyze.placement.cloud import Cloud, HostState
from mitate.analyze.placement.filters._filter import refuse, scheduler_filter
from mitate.analyze.placement.filters._looks import aggregates, metadata, with_key
from mitate.analyze.placement.filters._mends import aggregate_with, leave
from mitate.analyze.words import listed
from mitate.model.placement import Wanted

KEY = "filter_tenant_id"


@scheduler_filter("AggregateMultiTenancyIsolation")
def aggregate_multi_tenancy_isolation(host: HostState, wanted: Wanted, cloud: Cloud) -> Refusal | None:
    """A host in an aggregate that names projects takes servers of those projects only.

    What it means
        An aggregate of the host has filter_tenant_id in its metadata (project ids, with commas), and the
        server's project is not among them. The other way round nothing is forbidden: the named projects may
        use all other hosts, too.
    Why it happens
        The host is dedicated to somebody else, or a project was forgotten in the list.
    Look again
        openstack aggregate list --long
        openstack project show PROJECT -c id
    Fix
        openstack aggregate set --property filter_tenant_id=ID1,ID2 AGGREGATE
    """
    found = aggregates(host, cloud)
    projects = metadata(each for each in found if KEY in dict(each.metadata)).get(KEY)
    if not projects or wanted.project_id in projects:
        return None
    if not wanted.project_id:
        raise Unseen(f"{host.host} is kept for some projects, and whose server this is was not told")
    bound = with_key(host, KEY)
    first = bound[0]
    allowed = ",".join([dict(first.metadata)[KEY], wanted.project_id])
    return refuse(
        "AggregateMultiTenancyIsolation",
        f"host {host.host} is kept for project {listed(sorted(projects))}, not for {wanted.project_id}",
        wanted=wanted.project_id,
        available=listed(sorted(projects)),
        seen=bound,
        mends=(
            aggregate_with(first, {KEY: allowed}, risk="the project then shares hosts kept for others"),
            leave(bound, host),
        ),
    )
