from __future__ import annotations

from typing import Any

from mitate.analyze.checks.tap_not_in_bridge import tap_not_in_bridge
from mitate.model.cloud import Port, Server
from mitate.model.diagnosis import State
from mitate.model.net import Link

TAP, PORT = "tapdece6489-0c", "dece6489-0c7f-48c1-a895-5b8bc4472bd6"


def is_tap(link: Link) -> bool:
    return link.name == TAP


def hybrid(wired: Any, **tap: Any) -> None:
    """Open vSwitch with the iptables firewall: tap in qbr, qbr by qvb and qvo to br-int."""
    wired.change(Port, lambda port: port.id == PORT, vif_type="ovs")
    wired.link("compute1", "qbrdece6489-0c", kind="bridge")
    wired.change(Link, is_tap, **tap)


def test_problem_in_no_bridge(wired: Any) -> None:
    wired.change(Link, is_tap, master="")
    finding = wired.only(tap_not_in_bridge)
    assert finding.subject.name == "port 10.10.0.246 of server vm1"
    assert finding.subject.host == "compute1"
    assert finding.fix == (f"ssh compute1 sudo ip link set {TAP} master brq79c6eed6-7a",)


def test_problem_in_another_networks_bridge(wired: Any) -> None:
    wired.change(Link, is_tap, master="brqe28499fc-70")
    assert "is in brqe28499fc-70" in wired.only(tap_not_in_bridge).says


def test_problem_of_a_router(wired: Any) -> None:
    wired.change(Link, lambda link: link.name == "tap3c40bdf5-8f", master="")
    assert "network:router_interface" in wired.only(tap_not_in_bridge).says


def test_problem_with_hybrid_plugging(wired: Any) -> None:
    hybrid(wired, master="")
    assert wired.only(tap_not_in_bridge).says.endswith("instead of qbrdece6489-0c")


def test_ok_with_hybrid_plugging(wired: Any) -> None:
    hybrid(wired, master="qbrdece6489-0c")
    assert wired.state(tap_not_in_bridge) is State.OK


def test_ok_in_open_vswitch_itself(wired: Any) -> None:
    """The kernel shows ovs-system as its master, or none with a userspace datapath."""
    wired.change(Port, lambda port: port.id == PORT, vif_type="ovs")
    wired.change(Link, is_tap, master="")
    assert wired.state(tap_not_in_bridge) is State.OK


def test_ok_in_a_bridge_of_the_operators_own(wired: Any) -> None:
    wired.change(Link, is_tap, master="br-provider")
    assert wired.state(tap_not_in_bridge) is State.OK


def test_ok_while_the_server_is_being_built(wired: Any) -> None:
    wired.change(Link, is_tap, master="")
    wired.change(Server, status="BUILD", task_state="spawning")
    assert wired.state(tap_not_in_bridge) is State.OK


def test_unknown_when_the_host_was_not_seen(wired: Any) -> None:
    wired.drop(Link, lambda link: link.source.host == "compute1")
    wired.world.gap("compute1", Link)
    assert wired.state(tap_not_in_bridge) is State.UNKNOWN
