from __future__ import annotations

from typing import Any

import pytest

from mitate.analyze.checks.network_mtu_exceeds_underlay import network_mtu_exceeds_underlay
from mitate.model.cloud import Network, NetworkAgent
from mitate.model.diagnosis import State
from mitate.model.net import Address, Link

CHECK = network_mtu_exceeds_underlay
NET = "79c6eed6-7afe-48eb-87a0-2beff868846b"


def private(network: Network) -> bool:
    return network.id == NET


def test_problem_of_the_network(wired: Any) -> None:
    """No host can carry it: Neutron promises too much."""
    wired.change(Network, private, mtu=1500)
    finding = wired.only(CHECK)
    assert (finding.subject.kind, finding.subject.id) == ("network", NET)
    assert "needs 1550" in finding.says
    assert finding.fix == (f"openstack network set --mtu 1450 {NET}",)


def test_problem_of_one_link(wired: Any) -> None:
    """The others carry it: that host lost its setting."""
    wired.change(Link, lambda link: link.source.host == "compute1" and link.name == "eth1", mtu=1400)
    finding = wired.only(CHECK)
    assert (finding.subject.kind, finding.subject.id) == ("link", "compute1:eth1")
    assert finding.fix == ("ssh compute1 sudo ip link set eth1 mtu 1500",)


def test_problem_over_ipv6(wired: Any) -> None:
    """The same 1450 that fits over IPv4 is 20 too many."""
    for host, ip in (("network", "fd00::12"), ("compute1", "fd00:0::21")):
        wired.change(Address, lambda a, host=host: a.source.host == host and a.link == "eth1", ip=ip)
        wired.change(NetworkAgent, lambda a, host=host: a.host == host, tunnel_ip=ip)
    assert "needs 1520" in wired.only(CHECK).says


@pytest.mark.parametrize(("type_", "mtu"), [("gre", 1458), ("geneve", 1450), ("vxlan", 1450)])
def test_ok_when_it_just_fits(wired: Any, type_: str, mtu: int) -> None:
    wired.change(Network, private, type=type_, mtu=mtu)
    assert wired.state(CHECK) is State.OK


def test_problem_of_geneve_with_ovn(wired: Any) -> None:
    wired.change(Network, private, type="geneve", mtu=1450)
    wired.change(NetworkAgent, lambda agent: agent.tunnel_ip != "", type="OVN Controller agent")
    assert "needs 1508" in wired.only(CHECK).says


@pytest.mark.parametrize("network", [{"type": "vlan", "mtu": 1500}, {"mtu": None}, {"mtu": 0}], ids=str)
def test_ok_without_a_tunnel_or_an_mtu(wired: Any, network: dict[str, Any]) -> None:
    wired.change(Network, private, **network)
    assert wired.state(CHECK) is State.OK


def test_unknown_when_links_were_not_seen(wired: Any) -> None:
    wired.change(Network, private, mtu=1500)
    wired.drop(Link)
    wired.world.gap("compute1", Link)
    assert wired.state(CHECK) is State.UNKNOWN
