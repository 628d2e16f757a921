from __future__ import annotations

from typing import Any

from mitate.analyze.checks.floating_ip_dnat_missing import floating_ip_dnat_missing
from mitate.model.cloud import FloatingIp, Port, Router
from mitate.model.diagnosis import Confidence, State
from mitate.model.net import Address, IptablesChain, IptablesRule

QROUTER = "qrouter-50568716-45b2-4140-9ac2-adbc0adc61de"


def is_dnat(rule: IptablesRule) -> bool:
    return "DNAT --to-destination" in rule.rule


def make_ha(wired: Any) -> None:
    wired.change(Router, ha=True)
    owner = "network:ha_router_replicated_interface"
    wired.change(Port, lambda port: port.device_owner == "network:router_interface", device_owner=owner)


def make_distributed(wired: Any) -> None:
    """Its floating IPs are translated in the namespace on the server's own host."""
    wired.change(Router, distributed=True)
    wired.drop(IptablesRule, is_dnat)
    wired.address("compute1", "rfp-50568716-4", "169.254.106.114", 31, QROUTER)


DVR = """
-A PREROUTING -j neutron-l3-agent-PREROUTING
-A neutron-l3-agent-PREROUTING -d 169.254.169.254/32 -i qr-+ -p tcp -j REDIRECT --to-ports 9697
"""


def test_problem_rule_gone(wired: Any) -> None:
    wired.drop(IptablesRule, is_dnat)
    finding = wired.only(floating_ip_dnat_missing)
    assert finding.subject.name == "floating IP 203.0.113.151"
    assert finding.confidence is Confidence.PROVED
    assert "the router answers in its place" in finding.says


def test_problem_flushed_table(wired: Any) -> None:
    wired.drop(IptablesRule, lambda rule: rule.table == "nat")
    assert wired.only(floating_ip_dnat_missing)


def test_problem_the_whole_ruleset_flushed(wired: Any) -> None:
    """nft flush ruleset: the namespace was looked into, and has no tables at all."""
    wired.drop(IptablesRule, lambda rule: rule.namespace == QROUTER)
    wired.drop(IptablesChain, lambda chain: chain.namespace == QROUTER)
    said = {"namespace": QROUTER, "table": "filter", "policy": "ACCEPT"}
    wired.add(IptablesChain, "network", chain="FORWARD", **said)
    assert wired.only(floating_ip_dnat_missing)


def test_problem_leads_elsewhere(wired: Any) -> None:
    rule = "-A neutron-l3-agent-PREROUTING -d 203.0.113.151/32 -j DNAT --to-destination 10.10.0.7"
    wired.change(IptablesRule, lambda r: is_dnat(r) and "PREROUTING" in r.rule, rule=rule)
    assert "10.10.0.7" in wired.only(floating_ip_dnat_missing).says


def test_problem_chain_never_entered(wired: Any) -> None:
    wired.drop(IptablesRule, lambda rule: rule.chain == "PREROUTING")
    assert "never entered" in wired.only(floating_ip_dnat_missing).says


def test_problem_on_the_active_host_of_an_ha_router(wired: Any) -> None:
    make_ha(wired)
    wired.drop(IptablesRule, is_dnat)
    assert wired.only(floating_ip_dnat_missing)


def test_problem_of_a_distributed_router(wired: Any) -> None:
    make_distributed(wired)
    wired.rules("compute1", QROUTER, "nat", DVR)
    assert "compute1" in wired.only(floating_ip_dnat_missing).says


def test_ok_of_a_distributed_router(wired: Any) -> None:
    make_distributed(wired)
    rule = "-d 203.0.113.151/32 -i rfp-50568716-4 -j DNAT --to-destination 10.10.0.246"
    wired.rules("compute1", QROUTER, "nat", f"{DVR}-A neutron-l3-agent-PREROUTING {rule}\n")
    assert wired.state(floating_ip_dnat_missing) is State.OK


def test_ok_on_the_standby_of_an_ha_router(wired: Any) -> None:
    make_ha(wired)
    wired.drop(IptablesRule, is_dnat)
    wired.drop(Address, lambda address: address.namespace == QROUTER)
    assert wired.state(floating_ip_dnat_missing) is State.OK


def test_ok_on_a_host_where_the_router_used_to_be(wired: Any) -> None:
    """A namespace left behind by an agent that came back after its routers had moved on."""
    wired.rules("network2", QROUTER, "nat", DVR)
    assert wired.state(floating_ip_dnat_missing) is State.OK


def test_ok_when_it_is_just_being_associated(wired: Any) -> None:
    wired.drop(IptablesRule, is_dnat)
    wired.change(FloatingIp, updated_at=wired.world.ago(3))
    assert wired.state(floating_ip_dnat_missing) is State.OK


def test_ok_when_it_only_forwards_ports(wired: Any) -> None:
    wired.drop(IptablesRule, is_dnat)
    wired.change(FloatingIp, port_id="", fixed_ip="")
    assert wired.state(floating_ip_dnat_missing) is State.OK


def test_ok_under_ovn(wired: Any) -> None:
    """No namespace of that name anywhere, and the gateway port is bound to a chassis."""
    wired.drop(IptablesRule, lambda rule: rule.namespace == QROUTER)
    wired.drop(IptablesChain, lambda chain: chain.namespace == QROUTER)
    wired.drop(Address, lambda address: address.namespace == QROUTER)
    assert wired.state(floating_ip_dnat_missing) is State.OK


def test_unknown_when_the_namespace_could_not_be_read(wired: Any) -> None:
    wired.drop(IptablesRule, lambda rule: rule.namespace == QROUTER)
    wired.drop(IptablesChain, lambda chain: chain.namespace == QROUTER)
    wired.world.gap("network", IptablesRule, IptablesChain)
    assert wired.state(floating_ip_dnat_missing) is State.UNKNOWN
