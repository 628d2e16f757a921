from __future__ import annotations

from mitate.analyze.placement.answers import Refusal, Unseen
from mitate.analyze.placement.cloud import Cloud, HostState
from mitate.analyze.placement.filters._filter import scheduler_filter
from mitate.analyze.placement.filters._looks import list_option
from mitate.analyze.words import listed
from mitate.model.placement import Wanted


@scheduler_filter("MetricsFilter")
def metrics(host: HostState, wanted: Wanted, cloud: Cloud) -> Refusal | None:
    """A host must report every metric that [metrics] weight_setting names.

    What it means
        Without that option every host passes. With it, a host whose nova-compute runs no monitor for one of
        the metrics is refused; which metrics a host reports, the API does not tell.
    Why it happens
        [DEFAULT] compute_monitors is not set on the computes.
    Look again
        grep -e weight_setting -e compute_monitors /etc/nova/nova.conf
    Fix
        Set compute_monitors = cpu.virt_driver on the computes, or unset weight_setting.
    """
    if cloud.option("metrics", "weight_setting") is None:
        return None
    named = list_option(cloud, "metrics", "weight_setting")
    names = listed([each.partition("=")[0].strip() for each in named]) or "the metrics of weight_setting"
    raise Unseen(f"whether {host.host} reports {names} is not told")
