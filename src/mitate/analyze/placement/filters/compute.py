from __future__ import annotations

from mitate.analyze.placement.answers import Refusal, Unseen
from mitate.analyze.placement.cloud import Cloud, HostState
from mitate.analyze.placement.filters._filter import refuse, scheduler_filter
from mitate.analyze.placement.filters._looks import must_see
from mitate.analyze.placement.filters._mends import enable
from mitate.analyze.words import short
from mitate.model.cloud import ComputeService
from mitate.model.placement import Wanted


@scheduler_filter("ComputeFilter")
def compute(host: HostState, wanted: Wanted, cloud: Cloud) -> Refusal | None:
    """The compute service of a host must be enabled and alive.

    What it means
        nova-compute there is disabled, was forced down, or was not heard of for [DEFAULT] service_down_time
        (60 s).
    Why it happens
        Maintenance that nobody ended, a tool that evacuated the host, Nova itself ("AUTO: …") when it lost
        its connection to libvirt; or the service has stopped, hangs, or cannot reach the broker or its
        conductor.
    Look again
        openstack compute service list --long --service nova-compute
    Fix
        openstack compute service set --enable HOST nova-compute
        or let the service run again: ssh HOST sudo systemctl restart nova-compute
    """
    service = host.service
    if service is None:
        must_see(cloud, ComputeService, "compute services")
        raise Unseen(f"no compute service of {host.host} is known")
    if service.enabled and service.up:
        return None
    states = []
    if not service.enabled:
        why = short(service.disabled_reason) or "no reason given"
        states.append(f"is disabled ({why})")
    if not service.up:
        states.append("is forced down" if service.forced_down else "is down")
    return refuse(
        "ComputeFilter",
        f"nova-compute on {host.host} {' and '.join(states)}",
        wanted="enabled and up",
        available=" and ".join(state.removeprefix("is ").split(" (")[0] for state in states),
        seen=(service,),
        mends=(enable(host, service),),
    )
