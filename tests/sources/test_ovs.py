"""Asking Open vSwitch: nothing there, could not look, and a real one; a host with very many flows."""

from __future__ import annotations

import time
from typing import Any

import pytest

from mitate.model.ovs import OvsBridge, OvsFlow, OvsInterface

SOURCES = ("ovs_bridges", "ovs_flows", "ovs_learnt")
DUMP = r"""
case $* in
*dump-flows*) echo 'NXST_FLOW reply (xid=0x4):';
  echo ' cookie=0x0, duration=1.5s, table=0, n_packets=3, n_bytes=9, priority=0 actions=NORMAL' ;;
*) echo 'ovs-ofctl: none of the versions knows groups' >&2; exit 1 ;;
esac"""


def running(host: Any) -> None:
    """A host whose switch runs, with tools that say what a test gives them."""
    host.process(
        300, "ovsdb-server /etc/openvswitch/conf.db -vconsole:emer --remote=punix:/run/openvswitch/db.sock"
    )
    host.process(301, "ovs-vswitchd unix:/run/openvswitch/db.sock -vconsole:emer")
    (host.root / "usr/bin").mkdir(parents=True)


@pytest.mark.parametrize("name", SOURCES)
def test_installed_and_never_started_is_nothing(name: str, fake_host: Any, each_shell: str) -> None:
    fake_host.tool("ovs-vsctl", "echo 'ovs-vsctl: database connection failed' >&2; exit 1")
    assert fake_host.ask(name, shell=each_shell) == []


@pytest.mark.parametrize("name", SOURCES)
def test_a_database_that_nobody_serves(name: str, fake_host: Any, each_shell: str) -> None:
    fake_host.file("/etc/openvswitch/conf.db", "OVSDB JSON")
    done = fake_host.run(name, shell=each_shell)
    assert done.returncode != 0
    assert "no ovsdb-server runs" in done.stderr


@pytest.mark.parametrize("name", SOURCES)
def test_a_server_that_does_not_answer(name: str, fake_host: Any) -> None:
    running(fake_host)
    fake_host.tool("ovs-vsctl", "echo 'ovs-vsctl: timed out' >&2; exit 1")
    done = fake_host.run(name)
    assert done.returncode != 0
    assert "timed out" in done.stderr


def test_an_old_switch_without_groups(fake_host: Any, each_shell: str) -> None:
    running(fake_host)
    fake_host.tool("ovs-vsctl", "printf 'br-int\\n\\nbr-ex\\n'")
    fake_host.tool("ovs-ofctl", DUMP)
    told = fake_host.ask("ovs_flows", shell=each_shell)
    assert [(flow.bridge, flow.priority, flow.actions, flow.packets) for flow in told] == [
        ("br-int", 0, "NORMAL", 3),
        ("br-ex", 0, "NORMAL", 3),
    ]


def test_a_bridge_is_no_address(fake_host: Any) -> None:
    """ovs-ofctl would connect to whatever the name of a bridge says."""
    running(fake_host)
    fake_host.tool("ovs-vsctl", "echo tcp:192.0.2.1:6653")
    fake_host.tool("ovs-ofctl", "echo asked; exit 0")
    done = fake_host.run("ovs_flows")
    assert done.returncode != 0
    assert "asked" not in done.stdout


def test_options_that_may_be_secret_stay(facts: Any) -> None:
    tables = (
        '{"headings":["name","ports"],"data":[["br-tun",["uuid","p"]]]}\n'
        '{"headings":["_uuid","name","interfaces"],"data":[[["uuid","p"],"vx",["uuid","i"]]]}\n'
        '{"headings":["_uuid","name","options","external_ids"],"data":[[["uuid","i"],"vx",'
        '["map",[["psk","swordfish"],["remote_ip","10.0.0.2"]]],["map",[]]]]}\n'
    )
    told = facts("ovs_bridges", tables)
    assert [type(fact) for fact in told[::2]] == [OvsBridge, OvsInterface]
    assert told[-1].options == (("remote_ip", "10.0.0.2"),)


def test_28_000_flows_within_a_second(facts: Any) -> None:
    line = (
        " cookie=0x8f1c2d3e4f5a6b7c, duration=86400.512s, table=82, n_packets=71, n_bytes=2940, idle_age=3, "
        "priority=70,ct_state=+new-est,tcp,reg5={:#x},tp_dst=22 "
        "actions=ct(commit,zone=NXM_NX_REG6[0..15]),output:{},resubmit(,92)\n"
    )
    text = "# br-int\n" + "".join(line.format(number, number) for number in range(28_000))
    began = time.process_time()
    told = facts("ovs_flows", text)
    assert time.process_time() - began < 1
    assert len(told) == 28_000
    assert isinstance(told[0], OvsFlow)
    assert told[0].source is told[-1].source
