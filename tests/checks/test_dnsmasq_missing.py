from __future__ import annotations

from typing import Any

from mitate.analyze.checks.dnsmasq_missing import dnsmasq_missing
from mitate.model.cloud import Network, NetworkAgent, Port, Subnet
from mitate.model.diagnosis import Severity, State
from mitate.model.host import Process
from mitate.model.net import Namespace

NET = "79c6eed6-7afe-48eb-87a0-2beff868846b"


def is_dnsmasq(process: Process) -> bool:
    return process.service == "dnsmasq"


def is_dhcp(port: Port) -> bool:
    return port.device_owner == "network:dhcp"


def test_problem_killed(wired: Any) -> None:
    wired.drop(Process, is_dnsmasq)
    finding = wired.only(dnsmasq_missing)
    assert finding.subject.kind == "network"
    assert "private" in finding.subject.name
    assert "no dnsmasq runs for it there" in finding.says
    assert finding.fix == ("ssh network sudo systemctl restart neutron-dhcp-agent.service",)


def test_problem_namespace_gone_as_well(wired: Any) -> None:
    wired.drop(Process, is_dnsmasq)
    wired.drop(Namespace, lambda namespace: namespace.name.startswith("qdhcp"))
    assert "namespace is gone" in wired.only(dnsmasq_missing).says


def test_problem_frozen(wired: Any) -> None:
    wired.change(Process, is_dnsmasq, state="T")
    finding = wired.only(dnsmasq_missing)
    assert "stopped by a signal" in finding.says
    assert finding.fix == ("kill -CONT 288",)


def test_problem_is_less_where_another_agent_serves(wired: Any) -> None:
    """Two DHCP agents serve the network; one of them still does."""
    wired.world.reached("network2")
    wired.another(3, device_owner="network:dhcp", device_id=f"dhcpffff-{NET}", host="network2")
    finding = wired.only(dnsmasq_missing)
    assert finding.severity is Severity.WARNING
    assert "network2" in finding.says


def test_ok_when_nobody_should_serve(wired: Any) -> None:
    wired.drop(Process, is_dnsmasq)
    wired.change(Subnet, lambda subnet: subnet.network_id == NET, dhcp=False)
    assert wired.state(dnsmasq_missing) is State.OK


def test_ok_when_the_network_is_switched_off(wired: Any) -> None:
    wired.drop(Process, is_dnsmasq)
    wired.change(Network, lambda network: network.id == NET, admin_up=False)
    assert wired.state(dnsmasq_missing) is State.OK


def test_ok_for_a_port_kept_for_the_next_agent(wired: Any) -> None:
    wired.drop(Process, is_dnsmasq)
    wired.change(Port, is_dhcp, device_id="reserved_dhcp_port")
    assert wired.state(dnsmasq_missing) is State.OK


def test_ok_for_ovn_which_needs_no_dnsmasq(wired: Any) -> None:
    wired.drop(Process, is_dnsmasq)
    wired.drop(NetworkAgent)
    wired.change(Port, is_dhcp, device_id=f"ovnmeta-{NET}")
    assert wired.state(dnsmasq_missing) is State.OK


def test_ok_while_it_is_being_set_up(wired: Any) -> None:
    wired.drop(Process, is_dnsmasq)
    wired.change(Port, is_dhcp, created_at=wired.world.ago(5))
    assert wired.state(dnsmasq_missing) is State.OK


def test_unknown_when_the_host_was_not_seen(wired: Any) -> None:
    wired.drop(Process, lambda process: process.source.host == "network")
    wired.world.gap("network", Process)
    assert wired.state(dnsmasq_missing) is State.UNKNOWN
