from __future__ import annotations

from typing import Any

from mitate.analyze.checks.service_process_frozen import service_process_frozen
from mitate.model.diagnosis import Severity, State
from mitate.model.host import Process


def test_problem_nova_compute_stopped_by_a_signal(world: Any) -> None:
    world.compute_service("nova-compute", "compute1", up=False)
    world.process("nova-compute", "compute1", state="T", pid=815)
    finding = world.only(service_process_frozen)
    assert (finding.subject.kind, finding.subject.id) == ("service", "nova-compute@compute1")
    assert finding.fix == ("ssh compute1 sudo kill -CONT 815",)


def test_problem_of_a_service_without_heartbeat(world: Any) -> None:
    world.process("rabbitmq-server", "controller", state="T")
    assert world.only(service_process_frozen).subject.id == "rabbitmq-server@controller"


def test_problem_all_processes_of_an_api(world: Any) -> None:
    for pid, ppid in ((20, 1), (21, 20), (22, 20)):
        world.process("nova-api", "controller", pid=pid, ppid=ppid, state="T")
    finding = world.only(service_process_frozen)
    assert finding.severity is Severity.CRITICAL
    assert finding.fix == ("ssh controller sudo kill -CONT 20 21 22",)


def test_problem_stuck_in_the_kernel(world: Any) -> None:
    world.compute_service("nova-compute", "compute1", up=False)
    world.process("nova-compute", "compute1", state="D")
    assert "kernel" in world.only(service_process_frozen).says


def test_ok(world: Any) -> None:
    world.compute_service("nova-compute", "compute1")
    world.process("nova-compute", "compute1")
    assert world.state(service_process_frozen) is State.OK


def test_ok_waiting_for_the_disk_without_a_dead_heartbeat(world: Any) -> None:
    world.compute_service("nova-compute", "compute1")
    world.process("nova-compute", "compute1", state="D")
    world.process("mariadb", "controller", state="D")
    world.process("nova-api", "controller", state="t")
    assert world.state(service_process_frozen) is State.OK


def test_ok_agents_and_strangers_are_not_services(world: Any) -> None:
    world.process("neutron-l3-agent", "network", state="T")
    world.process("", "network", state="T", command="vi notes")
    world.process("nova-manage", "network", state="T", command="nova-manage cell_v2 list_hosts")
    assert world.state(service_process_frozen) is State.OK


def test_unknown_without_the_process_list(world: Any) -> None:
    world.compute_service("nova-compute", "compute1", up=False)
    world.gap("compute1", Process)
    assert world.state(service_process_frozen) is State.UNKNOWN
