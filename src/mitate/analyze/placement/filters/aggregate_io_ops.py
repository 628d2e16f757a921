from __future__ import annotations

from mitate.analyze.placement.answers import Refusal
from mitate.analyze.placement.cloud import Cloud, HostState
from mitate.analyze.placement.filters._filter import scheduler_filter
from mitate.analyze.placement.filters._limits import MAX_IO_OPS, too_many_io_ops
from mitate.model.placement import Wanted


@scheduler_filter("AggregateIoOpsFilter")
def aggregate_io_ops(host: HostState, wanted: Wanted, cloud: Cloud) -> Refusal | None:
    """A host must have fewer heavy operations under way than max_io_ops_per_host of its aggregates' metadata.

    What it means
        As IoOpsFilter, with a limit of the host's own aggregates; of several the lowest counts, without any
        that of [filter_scheduler] max_io_ops_per_host (8).
    Why it happens
        Many servers were asked for at once, or some hang in such a state.
    Look again
        openstack aggregate list --long
        openstack server list --all-projects --host HOST --long
    Fix
        openstack aggregate set --property max_io_ops_per_host=N AGGREGATE
    """
    return too_many_io_ops("AggregateIoOpsFilter", host, cloud, MAX_IO_OPS.of(cloud, host))
