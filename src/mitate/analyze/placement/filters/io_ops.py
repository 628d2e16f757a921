from __future__ import annotations

from mitate.analyze.placement.answers import Refusal
from mitate.analyze.placement.cloud import Cloud, HostState
from mitate.analyze.placement.filters._filter import scheduler_filter
from mitate.analyze.placement.filters._limits import MAX_IO_OPS, too_many_io_ops
from mitate.model.placement import Wanted


@scheduler_filter("IoOpsFilter")
def io_ops(host: HostState, wanted: Wanted, cloud: Cloud) -> Refusal | None:
    """A host must have fewer heavy operations under way than [filter_scheduler] max_io_ops_per_host (8).

    What it means
        Builds, rebuilds, resizes, migrations, snapshots, backups, rescues and unshelves that run on the host
        at once. The API tells only how many servers have any task (current_workload): when these are fewer
        than the limit, the host passes, else nobody can tell from outside.
    Why it happens
        Many servers were asked for at once, or some hang in such a state.
    Look again
        openstack --os-compute-api-version 2.53 hypervisor show HOST -c current_workload
        openstack server list --all-projects --host HOST --long
    Fix
        Wait, or see why they hang; else raise the option in the schedulers' nova.conf.
    """
    return too_many_io_ops("IoOpsFilter", host, cloud, MAX_IO_OPS.of(cloud))
