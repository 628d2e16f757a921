"""What Nova does with hosts just before the filters, and just after: pseudo filters of the waterfall.

Before (nova/scheduler/host_manager.py: get_host_states_by_uuids, get_filtered_hosts): a host without a
compute service is dropped, a host that was named is the only one left, and a forced host needs no filter. A
group's policy needs its filter (nova/scheduler/utils.py: setup_instance_group). After
(nova/conductor/manager.py: schedule_and_build_instances): the chosen host must be mapped to its cell.
"""

from __future__ import annotations

from mitate.analyze.fixes import shell
from mitate.analyze.placement.answers import Mend, Refusal, Unseen
from mitate.analyze.placement.cloud import Cloud, HostState
from mitate.analyze.placement.filters._filter import Filter, refuse
from mitate.analyze.placement.filters._groups import no_group
from mitate.analyze.placement.filters._looks import list_option, must_see
from mitate.analyze.placement.filters._mends import ASK_ELSE, SWITCH, ask_again, configure
from mitate.model.cloud import ComputeService, Hypervisor
from mitate.model.placement import Stage, Wanted

NEEDED = {"affinity": "ServerGroupAffinityFilter", "anti-affinity": "ServerGroupAntiAffinityFilter"}
"""The filter without which Nova refuses a group of that policy."""


def before_filters(wanted: Wanted) -> tuple[Filter, ...]:
    """The steps that such a request goes through, in Nova's order."""
    steps = [Filter("server group policy", _policy)] if wanted.group else []
    steps.append(Filter("known to the scheduler", _known))
    if wanted.host:
        steps.append(Filter("requested host", _requested))
    if wanted.forced_host:
        steps.append(Filter("forced host", _forced))
    return tuple(steps)


def skips_filters(wanted: Wanted) -> bool:
    """A forced host (ZONE:HOST) is taken without asking any filter."""
    return bool(wanted.forced_host)


def after_filters() -> tuple[Filter, ...]:
    """The steps that a chosen host goes through; their refusals are of stage CLAIM."""
    return (Filter("cell mapping", _mapped),)


def _policy(host: HostState, wanted: Wanted, cloud: Cloud) -> Refusal | None:
    name = NEEDED.get(wanted.group.policy) if wanted.group else None
    enabled = list_option(cloud, "filter_scheduler", "enabled_filters")
    if wanted.group is None or name is None or not enabled or name in enabled:
        return None
    return refuse(
        "server group policy",
        f"server group {wanted.group.name} has policy {wanted.group.policy}, and {name} is not enabled",
        wanted=name,
        available="not enabled",
        seen=(wanted.group,),
        mends=(
            configure(cloud, "filter_scheduler", "enabled_filters", ",".join([*enabled, name])),
            no_group(wanted),
        ),
    )


def _known(host: HostState, wanted: Wanted, cloud: Cloud) -> Refusal | None:
    if host.service is not None:
        return None
    must_see(cloud, ComputeService, "compute services")
    return refuse(
        "known to the scheduler",
        f"{host.node} has no compute service in Nova: it is gone, or never came up",
        wanted="a compute service",
        available="none",
        seen=(host.provider, host.hypervisor),
    )


def _requested(host: HostState, wanted: Wanted, cloud: Cloud) -> Refusal | None:
    return None if host.host == wanted.host else _another("requested host", host, wanted, wanted.host)


def _forced(host: HostState, wanted: Wanted, cloud: Cloud) -> Refusal | None:
    if host.host.lower() == wanted.forced_host.lower():
        return None
    return _another("forced host", host, wanted, wanted.forced_host)


def _another(by: str, host: HostState, wanted: Wanted, named: str) -> Refusal:
    free = Mend(
        key="no host",
        change=f"ask without naming host {named}",
        commands=(ask_again(wanted, host=False),),
        effort=ASK_ELSE,
    )
    return refuse(
        by,
        f"host {named} was asked for, and this is {host.host}",
        wanted=named,
        available=host.host,
        seen=(host.service,),
        mends=(free,),
    )


def _mapped(host: HostState, wanted: Wanted, cloud: Cloud) -> Refusal | None:
    """A compute service whose hypervisor the API does not list: it lists mapped hosts only."""
    if host.hypervisor is not None or host.service is None:
        return None
    must_see(cloud, Hypervisor, "hypervisors")
    if host.provider is None:
        raise Unseen(f"{host.host} has neither a hypervisor nor a provider: it has not reported yet")
    return Refusal(
        by="cell mapping",
        stage=Stage.CLAIM,
        says=f"host {host.host} is not mapped to a cell: chosen, it cannot be given the server",
        wanted="a mapped host",
        available="not mapped",
        seen=(host.service, host.provider),
        mends=(
            Mend(
                key=f"map {host.host}",
                change=f"map host {host.host} to its cell (on a host with the API database's configuration)",
                commands=(shell("nova-manage", "cell_v2", "discover_hosts", "--by-service", "--verbose"),),
                effort=SWITCH,
            ),
        ),
    )
