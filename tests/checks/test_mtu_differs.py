from __future__ import annotations

from typing import Any

from mitate.analyze.checks.mtu_differs import mtu_differs
from mitate.model.cloud import Network
from mitate.model.diagnosis import State
from mitate.model.net import Link


def test_problem_tunnel_device_too_small(wired: Any) -> None:
    wired.change(Link, lambda link: link.source.host == "compute1" and link.name == "vxlan-1671", mtu=1400)
    finding = wired.only(mtu_differs)
    assert finding.subject.name == "vxlan-1671 on compute1"
    assert finding.fix == ("ssh compute1 sudo ip link set vxlan-1671 mtu 1450",)


def test_problem_router_leg_too_large(wired: Any) -> None:
    wired.change(Link, lambda link: link.name.startswith("qr-"), mtu=1500)
    finding = wired.only(mtu_differs)
    assert "ip netns exec qrouter-" in finding.fix[0]


def test_ok_with_a_larger_tunnel_device(wired: Any) -> None:
    wired.change(Link, lambda link: link.name == "vxlan-1671", mtu=1500)
    assert wired.state(mtu_differs) is State.OK


def test_ok_for_an_operators_own_tunnel(wired: Any) -> None:
    """Another VXLAN device with the same number is not Neutron's."""
    wired.link("compute1", "vx-backup", kind="vxlan", mtu=1300, vxlan_id=1671)
    assert wired.state(mtu_differs) is State.OK


def test_ok_when_the_network_has_no_mtu(wired: Any) -> None:
    wired.change(Network, mtu=None)
    assert wired.state(mtu_differs) is State.OK


def test_unknown(wired: Any) -> None:
    wired.drop(Link)
    wired.world.gap("network", Link)
    assert wired.state(mtu_differs) is State.UNKNOWN
