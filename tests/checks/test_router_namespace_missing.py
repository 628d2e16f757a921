from __future__ import annotations

from typing import Any

from mitate.analyze.checks.router_namespace_missing import router_namespace_missing
from mitate.model.cloud import NetworkAgent, Port, Router
from mitate.model.diagnosis import Severity, State
from mitate.model.net import Namespace

ROUTER = "50568716-45b2-4140-9ac2-adbc0adc61de"


def is_router(namespace: Namespace) -> bool:
    return namespace.name.startswith("qrouter")


def make_ha(wired: Any, *hosts: str) -> None:
    wired.change(Router, ha=True)
    for number, host in enumerate(hosts):
        said = {"device_owner": "network:router_ha_interface", "device_id": ROUTER, "host": host}
        wired.another(100 + number, fixed_ips=((f"ha-{number}", f"169.254.192.{number}"),), **said)
        if host != "network":
            wired.world.agent("neutron-l3-agent", host)
            wired.add(Namespace, host, name="qdhcp-other")


def test_problem(wired: Any) -> None:
    wired.drop(Namespace, is_router)
    finding = wired.only(router_namespace_missing)
    assert finding.subject.name == "router router1"
    assert finding.severity is Severity.CRITICAL


def test_problem_on_one_of_two_hosts_of_an_ha_router(wired: Any) -> None:
    make_ha(wired, "network", "network2")
    finding = wired.only(router_namespace_missing)
    assert finding.severity is Severity.WARNING
    assert "bound to network2," in finding.says


def test_ok(wired: Any) -> None:
    assert wired.state(router_namespace_missing) is State.OK


def test_ok_when_the_router_is_switched_off(wired: Any) -> None:
    wired.drop(Namespace, is_router)
    wired.change(Router, admin_up=False)
    assert wired.state(router_namespace_missing) is State.OK


def test_ok_where_namespaces_are_out_of_sight(wired: Any) -> None:
    """An agent in a container of its own: the host shows no namespace of Neutron at all."""
    wired.drop(Namespace)
    wired.add(Namespace, "network", name="cni-1234")
    assert wired.state(router_namespace_missing) is State.OK


def test_ok_under_ovn(wired: Any) -> None:
    """The gateway port is bound to a chassis, and there is no L3 agent."""
    wired.drop(Namespace, is_router)
    wired.drop(NetworkAgent, lambda agent: agent.type == "L3 agent")
    assert wired.state(router_namespace_missing) is State.OK


def test_ok_for_a_distributed_router(wired: Any) -> None:
    """It has namespaces only where it has servers."""
    wired.drop(Namespace, is_router)
    wired.change(Router, distributed=True)
    assert wired.state(router_namespace_missing) is State.OK


def test_ok_while_it_is_being_built(wired: Any) -> None:
    wired.drop(Namespace, is_router)
    wired.change(Port, lambda port: port.device_id == ROUTER, created_at=wired.world.ago(4))
    assert wired.state(router_namespace_missing) is State.OK


def test_unknown_when_the_host_was_not_seen(wired: Any) -> None:
    wired.drop(Namespace)
    wired.world.gap("network", Namespace)
    assert wired.state(router_namespace_missing) is State.UNKNOWN
