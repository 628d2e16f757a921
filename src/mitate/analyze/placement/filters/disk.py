from __future__ import annotations

from mitate.analyze.placement.answers import Refusal
from mitate.analyze.placement.cloud import Cloud, HostState
from mitate.analyze.placement.filters._capacity import disk_of, fits
from mitate.analyze.placement.filters._filter import scheduler_filter
from mitate.model.placement import Wanted


@scheduler_filter("DiskFilter")
def disk(host: HostState, wanted: Wanted, cloud: Cloud) -> Refusal | None:
    """A host must have enough disk left, by its own ratio of overcommitment.

    What it means
        total × disk_allocation_ratio − used is less than the flavour asks for, or the host is smaller than
        the server altogether. Root, ephemeral and swap are
        counted together, and what sparse disks may still grow to counts as used.
        Train has the filter no more: Placement counts instead.
    Why it happens
        The host is full, the flavour is large, or the ratio is set low.
    Look again
        openstack --os-compute-api-version 2.53 hypervisor show HOST
    Fix
        Take a smaller flavour, move servers away, or raise disk_allocation_ratio in the host's nova.conf.
    """
    return fits("DiskFilter", host, wanted, cloud, disk_of(host, wanted, cloud), shared=False)
