from __future__ import annotations

from typing import Any

from mitate.analyze.checks.agent_crash_looping import agent_crash_looping
from mitate.model.cloud import NetworkAgent
from mitate.model.diagnosis import State
from mitate.model.host import Unit

DHCP = "neutron-dhcp-agent"


def test_problem_with_its_last_words(world: Any) -> None:
    world.agent(DHCP, "network", alive=False)
    world.unit(DHCP, "network", active="activating", sub="auto-restart", restarts=7, exit_status=1)
    world.log(DHCP, "network", "some warning", level="WARNING")
    world.log(DHCP, "network", "Unhandled error: no such driver: dnsmask", level="CRITICAL")
    finding = world.only(agent_crash_looping)
    assert (finding.subject.kind, finding.subject.id) == ("agent", f"{DHCP}@network")
    assert "no such driver: dnsmask" in finding.says
    assert "7 times" in finding.says


def test_problem_caught_while_young(world: Any) -> None:
    world.unit(DHCP, "network", restarts=12)
    world.process(DHCP, "network", started_at=world.ago(8))
    assert world.only(agent_crash_looping).subject.id == f"{DHCP}@network"


def test_problem_caught_while_starting(world: Any) -> None:
    world.gap("api", NetworkAgent)
    world.unit(DHCP, "network", active="activating", sub="start", restarts=3, exit_status=1)
    assert "exit status 1" in world.only(agent_crash_looping).says


def test_ok_restarted_once_long_ago(world: Any) -> None:
    world.unit(DHCP, "network", restarts=9)
    world.process(DHCP, "network")
    assert world.state(agent_crash_looping) is State.OK


def test_ok_freshly_started_by_hand(world: Any) -> None:
    world.unit(DHCP, "network", restarts=0)
    world.process(DHCP, "network", started_at=world.ago(4))
    assert world.state(agent_crash_looping) is State.OK


def test_ok_old_words_are_not_a_loop(world: Any) -> None:
    world.unit(DHCP, "network")
    world.process(DHCP, "network")
    world.log(DHCP, "network", "Unhandled error", level="CRITICAL", at=world.ago(90_000))
    assert world.state(agent_crash_looping) is State.OK


def test_unknown(world: Any) -> None:
    world.gap("network", Unit)
    assert world.state(agent_crash_looping) is State.UNKNOWN
