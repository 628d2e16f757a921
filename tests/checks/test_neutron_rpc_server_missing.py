from __future__ import annotations

from typing import Any

from mitate.analyze.checks.neutron_rpc_server_missing import neutron_rpc_server_missing
from mitate.model.cloud import NetworkAgent
from mitate.model.diagnosis import State
from mitate.model.host import Process

RPC = "neutron-rpc-server"


def split(world: Any, alive: bool = False) -> None:
    """An API by itself and two agents."""
    world.process("neutron-api", "controller")
    world.agent("neutron-l3-agent", "network", alive=alive)
    world.agent("neutron-dhcp-agent", "network", alive=alive)


def test_problem_not_installed(world: Any) -> None:
    split(world)
    finding = world.only(neutron_rpc_server_missing)
    assert finding.subject.id == f"{RPC}@controller"
    assert "2 agents" in finding.says


def test_problem_disabled(world: Any) -> None:
    split(world)
    world.stopped_unit(RPC, "controller", enabled="disabled")
    finding = world.only(neutron_rpc_server_missing)
    assert finding.fix == ("ssh controller sudo systemctl enable --now neutron-rpc-server.service",)


def test_ok(world: Any) -> None:
    split(world, alive=True)
    world.process(RPC, "controller")
    assert world.state(neutron_rpc_server_missing) is State.OK


def test_ok_agents_alive_so_somebody_hears_them(world: Any) -> None:
    split(world, alive=True)
    assert world.state(neutron_rpc_server_missing) is State.OK


def test_ok_stopped_is_another_check(world: Any) -> None:
    split(world)
    world.stopped_unit(RPC, "controller")
    assert world.state(neutron_rpc_server_missing) is State.OK


def test_ok_in_one_piece(world: Any) -> None:
    split(world)
    world.process("neutron-server", "controller2")
    assert world.state(neutron_rpc_server_missing) is State.OK


def test_ok_it_may_run_where_nobody_could_look(world: Any) -> None:
    split(world)
    world.unreached("controller2", "auth")
    assert world.state(neutron_rpc_server_missing) is State.OK


def test_unknown(world: Any) -> None:
    world.gap("api", NetworkAgent)
    world.gap("controller", Process)
    assert world.state(neutron_rpc_server_missing) is State.UNKNOWN
