from __future__ import annotations

from mitate.analyze.placement.answers import Refusal
from mitate.analyze.placement.cloud import Cloud, HostState
from mitate.analyze.placement.filters._filter import scheduler_filter
from mitate.model.placement import Wanted


@scheduler_filter("RetryFilter")
def retry(host: HostState, wanted: Wanted, cloud: Cloud) -> Refusal | None:
    """A host on which the same request failed already is not tried again.

    What it means
        When building fails on a host, the request goes back to the scheduler, and this filter leaves out the
        hosts tried before. A new request has tried none, so that every host passes: that a request ran out
        of hosts in this way is an echo of what failed on them. Victoria has the filter no more.
    Why it happens
        Each host that was tried failed to build the server.
    Look again
        openstack server event list SERVER --long
    Fix
        Mend what failed on the hosts that were tried.
    """
    return None
