from __future__ import annotations

from mitate.analyze.placement.answers import Refusal
from mitate.analyze.placement.cloud import Cloud, HostState
from mitate.analyze.placement.filters._capacity import disk_of, exact
from mitate.analyze.placement.filters._filter import scheduler_filter
from mitate.model.placement import Wanted


@scheduler_filter("ExactDiskFilter")
def exact_disk(host: HostState, wanted: Wanted, cloud: Cloud) -> Refusal | None:
    """A host's free disk must be just what the flavour asks for.

    What it means
        Machines are given away whole (Ironic before it had resource classes), so that a flavour that asks for
        less than there is fits as little as one that asks for more. Stein has the filter no more.
    Why it happens
        The flavour was not made after the machine, or a server is on it already.
    Look again
        openstack --os-compute-api-version 2.53 hypervisor show HOST
    Fix
        Make the flavour after the machine, or take flavours with resources:CUSTOM_… instead of the filter.
    """
    return exact("ExactDiskFilter", host, wanted, disk_of(host, wanted, cloud))
