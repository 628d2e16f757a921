from __future__ import annotations

from typing import Any

from mitate.analyze.checks.agent_process_stopped import agent_process_stopped
from mitate.model.cloud import NetworkAgent
from mitate.model.diagnosis import Confidence, Severity, State
from mitate.model.host import Container, Process, Unit

L3 = "neutron-l3-agent"


def test_problem_l3_agent_stopped(world: Any) -> None:
    world.reached("network")
    world.agent(L3, "network", alive=False)
    world.stopped_unit(L3, "network")
    finding = world.only(agent_process_stopped)
    assert (finding.subject.kind, finding.subject.id) == ("agent", f"{L3}@network")
    assert finding.severity is Severity.CRITICAL
    assert finding.fix[0] == "ssh network sudo systemctl start neutron-l3-agent.service"
    assert finding.since == world.ago(300)


def test_problem_before_neutron_notices(world: Any) -> None:
    world.reached("network")
    world.agent(L3, "network")
    world.stopped_unit(L3, "network", since=world.ago(3))
    assert "not noticed yet" in world.only(agent_process_stopped).says


def test_problem_failed_says_how(world: Any) -> None:
    world.reached("network")
    world.agent(L3, "network", alive=False)
    world.stopped_unit(L3, "network", active="failed", sub="failed", result="oom-kill")
    line = world.log(L3, "network", "cannot allocate memory")
    finding = world.only(agent_process_stopped)
    assert "lack of memory" in finding.says
    assert any(line.message in seen.excerpt for seen in finding.evidence)


def test_problem_seen_by_the_dead_row_alone(world: Any) -> None:
    world.reached("network")
    world.agent(L3, "network", alive=False)
    world.looked(Unit, "network")
    finding = world.only(agent_process_stopped)
    assert finding.confidence is Confidence.INFERRED
    assert "no such process" in finding.says


def test_problem_disabled_but_still_expected(world: Any) -> None:
    world.reached("network")
    world.agent(L3, "network", alive=False)
    world.stopped_unit(L3, "network", enabled="disabled")
    finding = world.only(agent_process_stopped)
    assert "disabled" in finding.says
    assert finding.fix[0] == "ssh network sudo systemctl enable --now neutron-l3-agent.service"


def test_problem_is_a_warning_when_the_agent_is_admin_down(world: Any) -> None:
    world.reached("network")
    world.agent(L3, "network", alive=False, admin_up=False)
    world.stopped_unit(L3, "network")
    assert world.only(agent_process_stopped).severity is Severity.WARNING


def test_problem_container_exited(world: Any) -> None:
    world.reached("network")
    world.agent(L3, "network", alive=False)
    world.add(
        Container, "network", name="neutron_l3_agent", service=L3, state="exited", status="Exited (137)"
    )
    finding = world.only(agent_process_stopped)
    assert "Exited (137)" in finding.says
    assert finding.fix[0] == "ssh network sudo docker start neutron_l3_agent"


def test_ok(world: Any) -> None:
    world.reached("network")
    world.agent(L3, "network")
    world.process(L3, "network")
    world.unit(L3, "network")
    assert world.state(agent_process_stopped) is State.OK


def test_ok_dead_to_neutron_but_running(world: Any) -> None:
    world.reached("network")
    world.agent(L3, "network", alive=False)
    world.process(L3, "network")
    world.unit(L3, "network")
    assert world.state(agent_process_stopped) is State.OK


def test_ok_disabled_or_masked_and_unknown_to_neutron(world: Any) -> None:
    world.reached("compute1")
    world.stopped_unit(L3, "compute1", enabled="disabled")
    world.stopped_unit("neutron-dhcp-agent", "compute1", enabled="masked", load="masked")
    world.stopped_unit("neutron-metadata-agent", "compute1", enabled="enabled", load="not-found")
    assert world.state(agent_process_stopped) is State.OK


def test_ok_crash_looping_is_another_check(world: Any) -> None:
    world.reached("network")
    world.agent(L3, "network", alive=False)
    world.unit(L3, "network", active="activating", sub="auto-restart", restarts=7, exit_status=1)
    assert world.state(agent_process_stopped) is State.OK


def test_ok_being_started(world: Any) -> None:
    world.reached("network")
    world.agent(L3, "network", alive=False)
    world.unit(L3, "network", active="activating", sub="start")
    assert world.state(agent_process_stopped) is State.OK


def test_ok_dead_row_of_a_host_that_nobody_saw(world: Any) -> None:
    world.agent(L3, "retired", alive=False)
    world.reached("network")
    world.looked(Unit, "network")
    assert world.state(agent_process_stopped) is State.OK


def test_ok_dead_row_of_an_agent_that_is_not_recognised(world: Any) -> None:
    world.reached("compute1")
    world.agent("neutron-sriov-nic-agent", "compute1", alive=False)
    assert world.state(agent_process_stopped) is State.OK


def test_ok_active_unit_whose_process_is_not_recognised(world: Any) -> None:
    world.reached("network")
    world.agent(L3, "network", alive=False)
    world.unit(L3, "network")
    assert world.state(agent_process_stopped) is State.OK


def test_unknown_host_not_seen(world: Any) -> None:
    world.agent(L3, "network", alive=False)
    world.gap("network", Process, Unit, why="timeout")
    assert world.state(agent_process_stopped) is State.UNKNOWN


def test_unknown_without_the_agent_list(world: Any) -> None:
    world.reached("network")
    world.gap("api", NetworkAgent)
    assert world.state(agent_process_stopped) is State.UNKNOWN
