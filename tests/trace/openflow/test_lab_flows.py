"""The recorded practice cloud: the switch itself, with the flows that Neutron's agent wrote, agrees.

More packets: ``python -m tests.trace.openflow --lab``.
"""

from __future__ import annotations

import pytest

from mitate.model.ovs import OvsFlow, OvsPort
from mitate.model.snapshot import Snapshot
from mitate.model.source import Fact
from tests.trace.conftest import recorded
from tests.trace.openflow import lab
from tests.trace.openflow.__main__ import Tally, of_a_host
from tests.trace.openflow.rig import Rig, missing

HOSTS = ("network", "compute1", "compute2")
FAULTS = (
    ("ovs_flow_stale", "network"),
    ("ovs_patch_port_missing", "network"),
    ("ovs_port_in_dead_vlan", "compute1"),
    ("ovs_port_lost_its_tag", "network"),
    ("ovs_table_miss", "compute1"),
)


def agrees(seen: Snapshot, host: str, packets: int) -> None:
    if lacks := missing():
        pytest.skip(lacks)
    wrong = list(of_a_host(seen, host, packets, 1, count := Tally()))
    assert not wrong, wrong[0]
    assert count.packets == packets
    assert count.assumed <= packets // 50, "only a tag that comes out of a tunnel is undecided"
    assert min(count.left, count.died) > packets // 10, "packets of both kinds"


@pytest.mark.parametrize("host", HOSTS)
def test_the_switch_itself_agrees(host: str) -> None:
    agrees(recorded("ovs/healthy"), host, 300)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "host"), FAULTS)
def test_it_agrees_where_something_is_broken(name: str, host: str) -> None:
    agrees(recorded(f"ovs/{name}"), host, 300)


def test_the_rig_holds_what_was_recorded(vswitchd: Rig) -> None:
    seen = recorded("ovs/healthy")
    lab.load(vswitchd, seen, "network")
    held = vswitchd.facts()

    def flows(facts: list[Fact]) -> list[tuple[object, ...]]:
        found = [fact for fact in facts if isinstance(fact, OvsFlow)]
        return sorted((each.bridge, each.table, each.priority, each.match, each.actions) for each in found)

    def ports(facts: list[Fact]) -> list[tuple[object, ...]]:
        found = [fact for fact in facts if isinstance(fact, OvsPort)]
        return sorted((each.bridge, each.name, each.tag or 0, each.trunks) for each in found)

    here = [fact for kind in (OvsFlow, OvsPort) for fact in seen.all(kind) if fact.source.host == "network"]
    assert flows(held) == flows(here)
    assert ports(held) == ports(here)
