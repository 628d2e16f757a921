from __future__ import annotations

from mitate.analyze.placement.answers import Refusal
from mitate.analyze.placement.cloud import Cloud, HostState
from mitate.analyze.placement.filters._capacity import cores_of, fits
from mitate.analyze.placement.filters._filter import scheduler_filter
from mitate.model.placement import Wanted


@scheduler_filter("AggregateCoreFilter")
def aggregate_core(host: HostState, wanted: Wanted, cloud: Cloud) -> Refusal | None:
    """A host must have enough vCPUs left, by the ratio of its aggregates.

    What it means
        As CoreFilter, with the cpu_allocation_ratio of the metadata of the host's aggregates, the lowest
        of several; without any the host's own counts. Victoria has the filter no more:
        Placement counts instead.
    Why it happens
        The host is full, the flavour is large, or the aggregate's ratio is set low.
    Look again
        openstack --os-compute-api-version 2.53 hypervisor show HOST
        openstack aggregate list --long
    Fix
        openstack aggregate set --property cpu_allocation_ratio=R AGGREGATE
    """
    return fits("AggregateCoreFilter", host, wanted, cloud, cores_of(host, wanted, cloud), shared=True)
