from __future__ import annotations

from mitate.analyze.placement.answers import Refusal
from mitate.analyze.placement.cloud import Cloud, HostState
from mitate.analyze.placement.filters._filter import scheduler_filter
from mitate.analyze.placement.filters._limits import MAX_INSTANCES, too_many_instances
from mitate.model.placement import Wanted


@scheduler_filter("AggregateNumInstancesFilter")
def aggregate_num_instances(host: HostState, wanted: Wanted, cloud: Cloud) -> Refusal | None:
    """A host must have fewer servers than max_instances_per_host of its aggregates' metadata.

    What it means
        The host has as many servers as its aggregate allows; of several aggregates the lowest number counts,
        without any that of [filter_scheduler] max_instances_per_host (50).
    Why it happens
        Many small servers, or a limit that was set for smaller hosts.
    Look again
        openstack aggregate list --long
        openstack --os-compute-api-version 2.53 hypervisor show HOST -c running_vms
    Fix
        openstack aggregate set --property max_instances_per_host=N AGGREGATE
    """
    return too_many_instances("AggregateNumInstancesFilter", host, cloud, MAX_INSTANCES.of(cloud, host))
