from __future__ import annotations

from mitate.analyze.placement.answers import Refusal
from mitate.analyze.placement.cloud import Cloud, HostState
from mitate.analyze.placement.filters._filter import scheduler_filter
from mitate.analyze.placement.filters._limits import MAX_INSTANCES, too_many_instances
from mitate.model.placement import Wanted


@scheduler_filter("NumInstancesFilter")
def num_instances(host: HostState, wanted: Wanted, cloud: Cloud) -> Refusal | None:
    """A host must have fewer servers than [filter_scheduler] max_instances_per_host (50).

    What it means
        The host has as many servers as the option allows, whatever room is left.
    Why it happens
        Many small servers, or the option was left at its default when larger hosts came.
    Look again
        openstack --os-compute-api-version 2.53 hypervisor show HOST -c running_vms
    Fix
        Raise the option in the schedulers' nova.conf and restart nova-scheduler.
    """
    return too_many_instances("NumInstancesFilter", host, cloud, MAX_INSTANCES.of(cloud))
