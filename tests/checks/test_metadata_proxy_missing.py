from __future__ import annotations

from datetime import timedelta
from typing import Any

from mitate.analyze.checks.metadata_proxy_missing import metadata_proxy_missing
from mitate.model.cloud import Port, Router
from mitate.model.diagnosis import State
from mitate.model.host import Process
from mitate.model.net import Address, IptablesRule


def is_proxy(process: Process) -> bool:
    return process.service == "haproxy"


def is_l3_agent(process: Process) -> bool:
    return process.service == "neutron-l3-agent"


def is_redirect(rule: IptablesRule) -> bool:
    return "REDIRECT" in rule.rule


def make_ha(wired: Any) -> None:
    wired.change(Router, ha=True)
    owner = "network:ha_router_replicated_interface"
    wired.change(Port, lambda port: port.device_owner == "network:router_interface", device_owner=owner)


def test_problem_killed(wired: Any) -> None:
    wired.drop(Process, is_proxy)
    finding = wired.only(metadata_proxy_missing)
    assert finding.subject.kind == "router"
    assert "router1" in finding.subject.name


def test_problem_on_the_active_host_of_an_ha_router(wired: Any) -> None:
    make_ha(wired)
    wired.drop(Process, is_proxy)
    assert "network" in wired.only(metadata_proxy_missing).says


def test_problem_beside_the_proxy_of_another_router(wired: Any) -> None:
    other = "haproxy -f /var/lib/neutron/ns-metadata-proxy/11111111-45b2-4140-9ac2-adbc0adc61de.conf"
    wired.change(Process, is_proxy, command=other)
    assert wired.only(metadata_proxy_missing)


def test_problem_of_a_distributed_router_on_a_compute_host(wired: Any) -> None:
    """It has a proxy on every host where it has a namespace."""
    wired.change(Router, distributed=True)
    wired.rules("compute1", "qrouter-50568716-45b2-4140-9ac2-adbc0adc61de", "nat", REDIRECT)
    finding = wired.only(metadata_proxy_missing)
    assert "compute1" in finding.says
    assert "network" not in finding.says


def test_ok_while_the_agent_has_just_started(wired: Any) -> None:
    """It starts the proxies again one by one: it must not be restarted meanwhile."""
    wired.drop(Process, is_proxy)
    at = wired.world.process("neutron-l3-agent", "network").source.at
    wired.change(Process, is_l3_agent, started_at=at - timedelta(seconds=20))
    assert wired.state(metadata_proxy_missing) is State.OK
    wired.change(Process, is_l3_agent, started_at=at - timedelta(seconds=70))
    assert wired.only(metadata_proxy_missing)


def test_ok_on_the_standby_of_an_ha_router(wired: Any) -> None:
    make_ha(wired)
    wired.drop(Process, is_proxy)
    wired.drop(Address, lambda address: address.namespace.startswith("qrouter"))
    assert wired.state(metadata_proxy_missing) is State.OK


def test_ok_where_the_agent_runs_no_proxies(wired: Any) -> None:
    """enable_metadata_proxy = false: the agent then writes no redirection either."""
    wired.drop(Process, is_proxy)
    wired.drop(IptablesRule, is_redirect)
    assert wired.state(metadata_proxy_missing) is State.OK


def test_ok_with_the_proxy_of_old_releases(wired: Any) -> None:
    router = "50568716-45b2-4140-9ac2-adbc0adc61de"
    old = f"/usr/bin/python2 /usr/bin/neutron-ns-metadata-proxy --pid_file=/p --router_id={router}"
    wired.change(Process, is_proxy, command=old)
    assert wired.state(metadata_proxy_missing) is State.OK


def test_ok_while_the_router_is_being_built(wired: Any) -> None:
    wired.drop(Process, is_proxy)
    wired.change(Port, lambda port: port.device_owner.startswith("network:r"), created_at=wired.world.ago(9))
    assert wired.state(metadata_proxy_missing) is State.OK


def test_unknown_when_the_firewall_was_not_read(wired: Any) -> None:
    wired.drop(Process, is_proxy)
    wired.drop(IptablesRule)
    wired.world.gap("network", IptablesRule)
    assert wired.state(metadata_proxy_missing) is State.UNKNOWN


REDIRECT = """
-A PREROUTING -j neutron-l3-agent-PREROUTING
-A neutron-l3-agent-PREROUTING -d 169.254.169.254/32 -i qr-+ -p tcp -j REDIRECT --to-ports 9697
"""
