"""A server group whose policy nobody would keep: Nova refuses the request before it asks any filter.

Source: nova/scheduler/utils.py, setup_instance_group (UnsupportedPolicyException).
"""

from __future__ import annotations

from collections.abc import Collection

from mitate.analyze.placement.answers import Refusal
from mitate.analyze.placement.cloud import Cloud, HostState
from mitate.analyze.placement.filters._groups import no_group
from mitate.analyze.placement.filters._mends import configure
from mitate.model.placement import Stage, Wanted

NAME = "server group policy"
"""What the step is called in the waterfall."""
_KEEPERS = {"affinity": "ServerGroupAffinityFilter", "anti-affinity": "ServerGroupAntiAffinityFilter"}


def may_be_unkept(enabled: Collection[str]) -> bool:
    """Whether some policy has no filter among the enabled ones."""
    return any(name not in enabled for name in _KEEPERS.values())


def unkept(host: HostState, wanted: Wanted, cloud: Cloud, enabled: Collection[str]) -> Refusal | None:
    """The same answer for every host. enabled: the names of the enabled filters, in their order."""
    group = wanted.group
    keeper = _KEEPERS.get(group.policy) if group else None
    if group is None or keeper is None or keeper in enabled:
        return None
    return Refusal(
        by=NAME,
        stage=Stage.FILTERS,
        says=f"no host may take it: server group {group.name} has policy {group.policy}, "
        f"and {keeper} is not enabled",
        wanted=keeper,
        available="not enabled",
        seen=(group,),
        mends=(
            configure(cloud, "filter_scheduler", "enabled_filters", ",".join([*enabled, keeper])),
            no_group(wanted),
        ),
    )
