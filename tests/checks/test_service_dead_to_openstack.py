from __future__ import annotations

from typing import Any

from mitate.analyze.checks.service_dead_to_openstack import service_dead_to_openstack
from mitate.model.cloud import ComputeService
from mitate.model.diagnosis import Severity, State
from mitate.model.host import Process, Socket

COMPUTE = "nova-compute"


def test_problem_no_connection_to_the_broker(world: Any) -> None:
    world.compute_service(COMPUTE, "compute1", up=False)
    world.process(COMPUTE, "compute1", pid=95)
    world.add(Socket, "compute1", state="SYN-SENT", peer_ip="10.0.0.11", peer_port=5672, pids=(95,))
    finding = world.only(service_dead_to_openstack)
    assert (finding.subject.kind, finding.subject.id) == ("service", "nova-compute@compute1")
    assert "no connection to the message broker" in finding.says
    assert finding.fix[1] == "ssh compute1 sudo systemctl restart nova-compute.service"


def test_problem_with_its_last_error(world: Any) -> None:
    world.compute_service(COMPUTE, "compute1", up=False, enabled=False)
    world.process(COMPUTE, "compute1", pid=95)
    world.add(Socket, "compute1", peer_port=5672, pids=(95,))
    world.log(COMPUTE, "compute1", "Error updating resources for node compute1")
    finding = world.only(service_dead_to_openstack)
    assert "Error updating resources" in finding.says
    assert finding.severity is Severity.WARNING


def test_problem_whose_old_errors_are_not_its_reason(world: Any) -> None:
    world.compute_service(COMPUTE, "compute1", up=False, updated_at=world.ago(70))
    world.process(COMPUTE, "compute1", pid=95)
    world.add(Socket, "compute1", peer_port=5672, pids=(95,))
    world.log(COMPUTE, "compute1", "AMQP server is unreachable: ECONNREFUSED", at=world.ago(280))
    assert "its log is silent" in world.only(service_dead_to_openstack).says


def test_ok(world: Any) -> None:
    world.compute_service(COMPUTE, "compute1")
    world.process(COMPUTE, "compute1")
    assert world.state(service_dead_to_openstack) is State.OK


def test_ok_forced_down_or_not_there(world: Any) -> None:
    world.compute_service(COMPUTE, "compute1", up=False, forced_down=True)
    world.process(COMPUTE, "compute1")
    world.compute_service(COMPUTE, "compute2", up=False)
    assert world.state(service_dead_to_openstack) is State.OK


def test_unknown(world: Any) -> None:
    world.compute_service(COMPUTE, "compute1", up=False)
    world.gap("compute1", Process)
    assert world.state(service_dead_to_openstack) is State.UNKNOWN


def test_unknown_without_the_service_list(world: Any) -> None:
    world.gap("api", ComputeService)
    world.process(COMPUTE, "compute1")
    assert world.state(service_dead_to_openstack) is State.UNKNOWN
