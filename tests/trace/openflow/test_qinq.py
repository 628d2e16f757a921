"""A dot1q-tunnel port: an access port for what has no tag; what it does to a tag is said to be unknown."""

from __future__ import annotations

import pytest

from mitate.analyze.trace.openflow import Switch, Tracker
from mitate.analyze.trace.packet import BROADCAST, Packet
from tests.trace.openflow.compare import Probe, observed, predicted
from tests.trace.openflow.rig import Rig

FRAME = Packet(1, 2, smac="fa:16:3e:00:00:01", dmac=BROADCAST)


@pytest.fixture(scope="module")
def switch(vswitchd: Rig) -> Switch:
    ports = ("tunnel vlan_mode=dot1q-tunnel tag=5", "own tag=5", "other tag=6", "trunk")
    vswitchd.bridge("br-q", *ports)
    vswitchd.flows("br-q", ["priority=0,actions=NORMAL"])
    return vswitchd.switch()


@pytest.mark.parametrize(
    ("port", "vlan"), [("tunnel", None), ("own", None), ("other", None), ("trunk", 5), ("trunk", 6)]
)
def test_the_switch_itself_agrees(vswitchd: Rig, switch: Switch, port: str, vlan: int | None) -> None:
    probe = Probe(port, FRAME.but(vlan=vlan))
    came, assumed = predicted(switch, probe)
    assert came == observed(vswitchd, vswitchd.ports(), switch, probe)
    met = port == "tunnel" or any(name == "tunnel" for name, _ in came)
    assert any("tunnel is a dot1q-tunnel port" in text for text in assumed) is met


def test_a_second_tag_is_not_followed(switch: Switch) -> None:
    crossing = switch.receive("tunnel", FRAME.but(vlan=9), Tracker())
    assert (crossing.reason, crossing.outs) == ("INSUFFICIENT_INFO_TABLE", ())
    assert "tunnel (dot1q-tunnel)" in crossing.assumptions[0]
