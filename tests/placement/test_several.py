"""Requests for several servers in a small made-up cloud: all of them get a host, or none does."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from mitate.model.cloud import Hypervisor
from mitate.model.host import ConfigOption
from mitate.model.placement import Explanation, HostedServers, ServerGroup, Stage, Verdict
from tests.placement.small import FILTERS, SOURCE, Small


def cloud(filters: str = FILTERS, **told: Any) -> Small:
    """Three hosts, each with room for two of the flavour (8000 of 16000 MB). told: of each hypervisor."""
    world = Small()
    told = {"running_vms": 0, "current_workload": 0, **told}
    world.facts = [_more(each, filters, told) for each in world.facts]
    world.facts += [HostedServers(source=SOURCE, hypervisor=host) for host in "abc"]
    return world


def _more(fact: Any, filters: str, told: dict[str, Any]) -> Any:
    if isinstance(fact, Hypervisor):
        return msgspec.structs.replace(fact, **told)
    if isinstance(fact, ConfigOption) and fact.name == "enabled_filters":
        return msgspec.structs.replace(fact, value=filters)
    return fact


def said(answer: Explanation) -> tuple[Verdict, Stage | None]:
    return answer.verdict, answer.stage


def group(policy: str, most: int | None = None) -> ServerGroup:
    return ServerGroup(source=SOURCE, id="g", name="g", policy=policy, max_per_host=most)


def test_all_of_them_fit() -> None:
    answer = cloud().explain(count=6)
    assert said(answer) == (Verdict.FITS, None)
    assert answer.says == "a, b and c would take them, all 6, now."


def test_placement_has_room_for_some() -> None:
    answer = cloud().explain(count=7)
    assert said(answer) == (Verdict.NO_HOST, Stage.CLAIM)
    assert answer.says == "Only 6 of the 7 servers get a host: a takes 2, b takes 2 and c takes 2."
    assert answer.smallest_changes[0].change == "ask for 6 of them, not 7"
    assert "--min 6 --max 6" in answer.smallest_changes[0].commands[0]


def test_a_change_counts_where_its_hosts_are_enough() -> None:
    world = Small(disabled="c")
    assert any("enable nova-compute on c" in each.change for each in world.explain(count=5).smallest_changes)
    assert all("enable" not in each.change for each in world.explain(count=6).smallest_changes)


def test_anti_affinity_counts_the_servers_of_the_request() -> None:
    apart = group("anti-affinity")
    assert said(cloud().explain(count=3, group=apart)) == (Verdict.FITS, None)
    assert said(cloud().explain(count=4, group=apart)) == (Verdict.NO_HOST, Stage.FILTERS)
    assert said(cloud().explain(count=6, group=group("anti-affinity", 2))) == (Verdict.FITS, None)


def test_affinity_sends_all_to_one_host() -> None:
    filters = f"{FILTERS},ServerGroupAffinityFilter"
    assert said(cloud(filters).explain(count=2, group=group("affinity"))) == (Verdict.FITS, None)
    assert said(cloud(filters).explain(count=3, group=group("affinity"))) == (Verdict.NO_HOST, Stage.CLAIM)


@pytest.mark.parametrize(
    ("name", "option", "told"),
    [
        ("NumInstancesFilter", "max_instances_per_host", {"running_vms": 4}),
        ("IoOpsFilter", "max_io_ops_per_host", {"current_workload": 0}),
    ],
)
def test_limits_of_a_host(name: str, option: str, told: dict[str, Any]) -> None:
    """One server more is all that a host may have."""
    world = cloud(f"{FILTERS},{name}", **told)
    most = "5" if told.get("running_vms") else "1"
    world.facts.append(
        ConfigOption(
            source=SOURCE,
            service="nova-scheduler",
            file="/etc/nova/nova.conf",
            section="filter_scheduler",
            name=option,
            value=most,
        )
    )
    assert said(world.explain(count=3)) == (Verdict.FITS, None)
    assert said(world.explain(count=4)) == (Verdict.NO_HOST, Stage.FILTERS)


def test_a_query_is_asked_again_of_what_is_left() -> None:
    world = cloud(f"{FILTERS},JsonFilter")
    hints = (("query", '["<", "$num_instances", 1]'),)
    assert said(world.explain(count=3, hints=hints)) == (Verdict.FITS, None)
    assert said(world.explain(count=4, hints=hints)) == (Verdict.NO_HOST, Stage.FILTERS)


def test_what_runs_there_may_be_unknown() -> None:
    """Seven servers have a task: of the eight operations that are allowed one is left, or more."""
    answer = cloud(f"{FILTERS},IoOpsFilter", current_workload=7).explain(count=6)
    assert answer.verdict is Verdict.UNKNOWN
    assert "Whether all 6 servers get a host cannot be told: how many heavy operations" in answer.says
    assert "3 do." in answer.says


def test_nobody_takes_even_one() -> None:
    answer = cloud().explain(count=2, vcpus=9)
    assert said(answer) == (Verdict.NO_HOST, Stage.PLACEMENT)
    assert all("how many of the 2 then fit was not counted" in each.risk for each in answer.smallest_changes)
