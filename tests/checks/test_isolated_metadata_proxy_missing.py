from __future__ import annotations

from typing import Any

from mitate.analyze.checks.isolated_metadata_proxy_missing import isolated_metadata_proxy_missing
from mitate.model.cloud import Port, Subnet
from mitate.model.diagnosis import State
from mitate.model.host import ConfigOption, Process

NET = "79c6eed6-7afe-48eb-87a0-2beff868846b"


def told(wired: Any, name: str, value: str = "True") -> None:
    said = {"service": "neutron-dhcp-agent", "file": "/etc/neutron/dhcp_agent.ini", "section": "DEFAULT"}
    wired.add(ConfigOption, "network", name=name, value=value, **said)


def isolate(wired: Any) -> None:
    wired.drop(Port, lambda port: port.device_owner == "network:router_interface")


def test_problem_on_an_isolated_network(wired: Any) -> None:
    isolate(wired)
    told(wired, "enable_isolated_metadata")
    assert "private" in wired.only(isolated_metadata_proxy_missing).subject.name


def test_problem_when_forced_everywhere(wired: Any) -> None:
    told(wired, "force_metadata", "true")
    assert "force_metadata" in wired.only(isolated_metadata_proxy_missing).says


def test_ok_when_the_proxy_runs(wired: Any) -> None:
    isolate(wired)
    told(wired, "enable_isolated_metadata")
    proxy = f"haproxy -f /var/lib/neutron/ns-metadata-proxy/{NET}.conf"
    wired.world.process("haproxy", "network", command=proxy)
    assert wired.state(isolated_metadata_proxy_missing) is State.OK


def test_ok_where_a_router_serves_the_network(wired: Any) -> None:
    told(wired, "enable_isolated_metadata")
    assert wired.state(isolated_metadata_proxy_missing) is State.OK


def test_ok_when_nobody_asked_for_it(wired: Any) -> None:
    isolate(wired)
    told(wired, "enable_isolated_metadata", "False")
    assert wired.state(isolated_metadata_proxy_missing) is State.OK


def test_ok_without_dhcp(wired: Any) -> None:
    isolate(wired)
    told(wired, "force_metadata")
    wired.change(Subnet, lambda subnet: subnet.network_id == NET, dhcp=False)
    assert wired.state(isolated_metadata_proxy_missing) is State.OK


def test_unknown_without_the_process_list(wired: Any) -> None:
    isolate(wired)
    told(wired, "enable_isolated_metadata")
    wired.drop(Process)
    wired.world.gap("network", Process)
    assert wired.state(isolated_metadata_proxy_missing) is State.UNKNOWN
