from __future__ import annotations

from mitate.analyze.placement.answers import Refusal
from mitate.analyze.placement.cloud import Cloud, HostState
from mitate.analyze.placement.filters._filter import scheduler_filter
from mitate.model.placement import Wanted


@scheduler_filter("AllHostsFilter")
def all_hosts(host: HostState, wanted: Wanted, cloud: Cloud) -> Refusal | None:
    """Every host passes.

    What it means
        Nothing: the filter stands in the list only so that the list is not empty.
    Why it happens
        It refuses nobody.
    Look again
        grep enabled_filters /etc/nova/nova.conf
    Fix
        Nothing is to be mended.
    """
    return None
