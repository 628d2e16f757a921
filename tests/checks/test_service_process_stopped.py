from __future__ import annotations

from typing import Any

import pytest

from mitate.analyze.checks.service_process_stopped import service_process_stopped
from mitate.model.cloud import ComputeService
from mitate.model.diagnosis import Severity, State
from mitate.model.host import Container, Process, Unit


@pytest.mark.parametrize(
    "service",
    ["nova-scheduler", "rabbitmq-server", "mariadb", "keystone", "placement-api", "neutron-rpc-server"],
)
def test_problem_unit_stopped(world: Any, service: str) -> None:
    world.reached("controller")
    world.stopped_unit(service, "controller")
    finding = world.only(service_process_stopped)
    assert (finding.subject.kind, finding.subject.id) == ("service", f"{service}@controller")
    assert finding.severity is Severity.CRITICAL
    assert finding.fix[0] == f"ssh controller sudo systemctl start {service}.service"


def test_problem_nova_compute_stopped(world: Any) -> None:
    world.reached("compute2")
    world.compute_service("nova-compute", "compute1")
    world.compute_service("nova-compute", "compute2", up=False)
    world.process("nova-compute", "compute1")
    world.unit("nova-compute", "compute1")
    world.stopped_unit("nova-compute", "compute2")
    finding = world.only(service_process_stopped)
    assert finding.subject.id == "nova-compute@compute2"
    assert "the API calls it dead" in finding.says


def test_problem_is_a_warning_on_a_compute_that_is_disabled(world: Any) -> None:
    world.reached("compute2")
    world.compute_service("nova-compute", "compute2", up=False, enabled=False, disabled_reason="new disks")
    world.stopped_unit("nova-compute", "compute2")
    assert world.only(service_process_stopped).severity is Severity.WARNING


def test_problem_rpc_server_stopped_while_the_api_answers(world: Any) -> None:
    world.reached("controller")
    world.process("neutron-api", "controller")
    world.unit("neutron-api", "controller")
    world.stopped_unit("neutron-rpc-server", "controller")
    finding = world.only(service_process_stopped)
    assert finding.subject.id == "neutron-rpc-server@controller"
    assert "every agent will look dead" in finding.says


def test_problem_libvirtd_and_its_sockets_stopped(world: Any) -> None:
    world.process("nova-compute", "compute1")
    world.stopped_unit("libvirtd", "compute1")
    world.stopped_unit("", "compute1", name="libvirtd.socket")
    assert world.only(service_process_stopped).subject.id == "libvirtd@compute1"


def test_problem_libvirtd_gone_under_nova_compute_with_sockets_unseen(world: Any) -> None:
    world.process("nova-compute", "compute1")
    world.stopped_unit("libvirtd", "compute1")
    assert world.only(service_process_stopped).subject.id == "libvirtd@compute1"


def test_problem_container_exited(world: Any) -> None:
    world.reached("controller")
    world.add(Container, "controller", name="nova_scheduler", service="nova-scheduler", state="exited")
    assert world.only(service_process_stopped).fix[0] == "ssh controller sudo docker start nova_scheduler"


def test_problem_names_the_real_unit(world: Any) -> None:
    world.reached("controller")
    world.stopped_unit("nova-api", "controller", name="openstack-nova-api.service")
    fix = world.only(service_process_stopped).fix[0]
    assert fix == "ssh controller sudo systemctl start openstack-nova-api.service"


def test_ok(world: Any) -> None:
    world.reached("controller")
    for service in ("nova-scheduler", "keystone", "mariadb"):
        world.process(service, "controller")
        world.unit(service, "controller")
    assert world.state(service_process_stopped) is State.OK


def test_ok_units_that_are_not_wanted(world: Any) -> None:
    world.reached("compute1")
    world.stopped_unit("nova-api", "compute1", enabled="disabled")
    world.stopped_unit("glance-api", "compute1", enabled="masked", load="masked")
    world.stopped_unit("mariadb", "compute1", name="mariadb@.service")
    world.stopped_unit("mariadb", "compute1", name="mariadb.socket", enabled="disabled")
    world.stopped_unit("rabbitmq-server", "compute1", enabled="static")
    world.stopped_unit("neutron-linuxbridge-cleanup", "compute1")
    assert world.state(service_process_stopped) is State.OK


def test_ok_libvirtd_idle_behind_its_socket(world: Any) -> None:
    world.process("nova-compute", "compute1")
    world.stopped_unit("libvirtd", "compute1")
    world.unit("", "compute1", name="libvirtd.socket", sub="listening")
    assert world.state(service_process_stopped) is State.OK


def test_ok_libvirtd_idle_on_a_host_without_nova_compute(world: Any) -> None:
    world.reached("network")
    world.stopped_unit("libvirtd", "network")
    assert world.state(service_process_stopped) is State.OK


def test_ok_exited_oneshot(world: Any) -> None:
    world.reached("compute1")
    world.unit("libvirtd", "compute1", name="libvirt-guests.service", sub="exited")
    assert world.state(service_process_stopped) is State.OK


def test_ok_one_of_two_units_of_a_service_runs(world: Any) -> None:
    world.reached("controller")
    world.stopped_unit("mariadb", "controller", name="mysql.service")
    world.unit("mariadb", "controller", name="mariadb.service")
    assert world.state(service_process_stopped) is State.OK


@pytest.mark.parametrize(
    ("idle", "runs"),
    [
        ("neutron-server", "neutron-api"),
        ("neutron-api", "neutron-server"),
        ("neutron-rpc-server", "neutron-server"),
        ("neutron-periodic-workers", "neutron-rpc-server"),
    ],
)
def test_ok_the_other_style_of_neutron_server_runs(world: Any, idle: str, runs: str) -> None:
    world.stopped_unit(idle, "controller")
    world.process(runs, "controller")
    assert world.state(service_process_stopped) is State.OK


def test_ok_runs_in_a_container_beside_a_dead_unit(world: Any) -> None:
    world.stopped_unit("nova-compute", "compute1")
    world.process("nova-compute", "compute1", container="abc")
    assert world.state(service_process_stopped) is State.OK


def test_ok_containers_that_are_meant_to_end(world: Any) -> None:
    world.reached("controller")
    world.add(Container, "controller", name="nova_api_bootstrap", service="nova-api", state="exited")
    world.add(Container, "controller", name="keystone_db_sync", service="keystone", state="exited")
    world.add(Container, "controller", name="glance_api", service="glance-api", state="created")
    assert world.state(service_process_stopped) is State.OK


def test_ok_crash_looping_is_another_check(world: Any) -> None:
    world.reached("controller")
    world.stopped_unit("nova-scheduler", "controller", active="failed", restarts=5, result="exit-code")
    assert world.state(service_process_stopped) is State.OK


def test_ok_row_of_a_controller_that_is_gone(world: Any) -> None:
    world.compute_service("nova-conductor", "retired", up=False)
    world.reached("controller")
    assert world.state(service_process_stopped) is State.OK


def test_ok_agents_are_another_check(world: Any) -> None:
    world.reached("network")
    world.stopped_unit("neutron-l3-agent", "network")
    assert world.state(service_process_stopped) is State.OK


def test_unknown_host_not_seen(world: Any) -> None:
    world.compute_service("nova-compute", "compute2", up=False)
    world.gap("compute2", Process, Unit, why="timeout")
    assert world.state(service_process_stopped) is State.UNKNOWN


def test_unknown_units_not_seen(world: Any) -> None:
    world.add(ComputeService, binary="nova-compute", host="compute2")
    world.process("nova-compute", "compute2")
    world.gap("compute2", Unit)
    assert world.state(service_process_stopped) is State.UNKNOWN
