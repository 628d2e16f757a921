from __future__ import annotations

from typing import Any

import pytest

from mitate.analyze.checks.security_group_chains_missing import security_group_chains_missing
from mitate.model.cloud import Port
from mitate.model.diagnosis import State
from mitate.model.host import ConfigOption
from mitate.model.net import IptablesChain, IptablesRule, Link

PORT = "dece6489-0c7f-48c1-a895-5b8bc4472bd6"


def flush(wired: Any) -> None:
    """iptables -F; iptables -X"""
    wired.drop(IptablesRule, lambda rule: rule.table == "filter")
    wired.drop(IptablesChain, lambda chain: chain.table == "filter" and chain.policy == "-")


def is_here(chain: IptablesChain) -> bool:
    return chain.source.host == "compute1"


def test_problem_flushed(wired: Any) -> None:
    flush(wired)
    finding = wired.only(security_group_chains_missing)
    assert (finding.subject.kind, finding.subject.id) == ("host", "compute1")
    assert "10.10.0.246" in finding.says
    assert finding.says.endswith("all traffic is let through")


def test_problem_closed(wired: Any) -> None:
    flush(wired)
    wired.change(IptablesChain, lambda c: is_here(c) and c.chain == "FORWARD", policy="DROP")
    assert wired.only(security_group_chains_missing).says.endswith("all traffic is dropped")


@pytest.mark.parametrize(
    ("words", "gap"),
    [
        ("-A FORWARD -j neutron-linuxbri-FORWARD", "FORWARD does not jump"),
        (
            "--physdev-out tapdece6489-0c --physdev-is-bridged -m comment",
            "does not jump to neutron-linuxbri-sg-chain",
        ),
        ("-A neutron-linuxbri-sg-chain -m physdev --physdev-in", "neutron-linuxbri-sg-chain does not jump"),
        ("-A neutron-linuxbri-idece6489-0", "neutron-linuxbri-idece6489-0 is empty"),
    ],
)
def test_problem_with_one_link_of_the_way_missing(wired: Any, words: str, gap: str) -> None:
    wired.drop(IptablesRule, lambda rule: words in rule.rule)
    assert gap in wired.only(security_group_chains_missing).evidence[-1].excerpt


def test_problem_is_one_for_all_ports_of_a_host(wired: Any) -> None:
    flush(wired)
    for number in range(20):
        port = wired.another(number, host="compute1", vif_type="bridge")
        wired.link("compute1", port.tap)
    finding = wired.only(security_group_chains_missing)
    assert "21 ports" in finding.says
    assert "and 16 more" in finding.says
    assert len(finding.evidence) == 10


def test_problem_seen_by_the_traces_when_configuration_was_not(wired: Any) -> None:
    wired.drop(ConfigOption)
    wired.drop(IptablesRule, lambda rule: "-sg-chain -m physdev" in rule.rule)
    assert wired.only(security_group_chains_missing)


def test_problem_with_hybrid_plugging(wired: Any) -> None:
    wired.change(Port, lambda port: port.id == PORT, vif_type="ovs")
    wired.change(ConfigOption, service="neutron-openvswitch-agent", value="iptables_hybrid")
    assert "neutron-openvswi-FORWARD" in wired.only(security_group_chains_missing).evidence[-1].excerpt


def test_ok(wired: Any) -> None:
    assert wired.state(security_group_chains_missing) is State.OK


def test_ok_with_the_firewall_of_open_vswitch(wired: Any) -> None:
    wired.change(Port, lambda port: port.id == PORT, vif_type="ovs")
    wired.change(ConfigOption, service="neutron-openvswitch-agent", value="openvswitch")
    assert wired.state(security_group_chains_missing) is State.OK


def test_ok_under_ovn(wired: Any) -> None:
    flush(wired)
    wired.change(Port, lambda port: port.id == PORT, vif_type="ovs")
    wired.drop(ConfigOption)
    assert wired.state(security_group_chains_missing) is State.OK


@pytest.mark.parametrize(
    "option", [{"value": "noop"}, {"name": "enable_security_group", "value": "False"}], ids=str
)
def test_ok_where_security_groups_are_off(wired: Any, option: dict[str, str]) -> None:
    flush(wired)
    wired.change(ConfigOption, **option)
    assert wired.state(security_group_chains_missing) is State.OK


def test_ok_for_a_port_without_port_security(wired: Any) -> None:
    flush(wired)
    wired.change(Port, lambda port: port.id == PORT, security=False)
    assert wired.state(security_group_chains_missing) is State.OK


def test_ok_where_the_tap_is_not(wired: Any) -> None:
    """The server is off or elsewhere: nothing to filter."""
    flush(wired)
    wired.drop(Link, lambda link: link.name == "tapdece6489-0c")
    assert wired.state(security_group_chains_missing) is State.OK


def test_unknown_when_the_filter_could_not_be_read(wired: Any) -> None:
    wired.drop(IptablesChain, is_here)
    wired.drop(IptablesRule, lambda rule: rule.source.host == "compute1")
    wired.world.gap("compute1", IptablesChain, IptablesRule)
    assert wired.state(security_group_chains_missing) is State.UNKNOWN
