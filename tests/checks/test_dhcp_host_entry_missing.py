from __future__ import annotations

from typing import Any

from mitate.analyze.checks.dhcp_host_entry_missing import dhcp_host_entry_missing
from mitate.model.cloud import Port
from mitate.model.diagnosis import State
from mitate.model.net import DhcpHost

SUB = "5f33ee47-30ce-4249-9da4-3bd1c3fb27b7"


def is_vm1(entry: DhcpHost) -> bool:
    return entry.ip == "10.10.0.246"


def test_problem_not_written(wired: Any) -> None:
    wired.drop(DhcpHost, is_vm1)
    finding = wired.only(dhcp_host_entry_missing)
    assert finding.subject.kind == "network"
    assert "10.10.0.246" in finding.says


def test_problem_written_with_another_address(wired: Any) -> None:
    wired.change(DhcpHost, is_vm1, ip="10.10.0.99")
    assert "10.10.0.246" in wired.only(dhcp_host_entry_missing).says


def test_problem_names_only_some_of_many(wired: Any) -> None:
    for number in range(10, 40):
        wired.another(number)
    finding = wired.only(dhcp_host_entry_missing)
    assert "and 25 more" in finding.says
    assert len(finding.evidence) == 6


def test_ok_with_macs_in_capitals(wired: Any) -> None:
    wired.change(DhcpHost, is_vm1, mac="FA:16:3E:DE:CE:64")
    assert wired.state(dhcp_host_entry_missing) is State.OK


def test_ok_for_a_port_of_this_minute(wired: Any) -> None:
    wired.another(10, created_at=wired.world.ago(20))
    assert wired.state(dhcp_host_entry_missing) is State.OK


def test_ok_for_ports_without_address_and_not_of_servers(wired: Any) -> None:
    wired.another(10, fixed_ips=())
    wired.another(11, device_owner="Octavia", device_id="lb-1")
    assert wired.state(dhcp_host_entry_missing) is State.OK


def test_ok_for_a_segment_that_this_agent_does_not_serve(wired: Any) -> None:
    """A routed network: the agent's own port is on one subnet, the server's on another."""
    wired.another(10, fixed_ips=(("other-segment", "10.20.0.10"),))
    assert wired.state(dhcp_host_entry_missing) is State.OK


def test_unknown_when_the_file_was_not_seen(wired: Any) -> None:
    wired.drop(DhcpHost)
    wired.world.gap("network", DhcpHost)
    assert wired.state(dhcp_host_entry_missing) is State.UNKNOWN


def test_unknown_without_ports(wired: Any) -> None:
    wired.drop(Port)
    wired.world.gap("api", Port)
    assert wired.state(dhcp_host_entry_missing) is State.UNKNOWN
