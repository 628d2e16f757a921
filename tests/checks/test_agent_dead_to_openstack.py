from __future__ import annotations

from typing import Any

import pytest

from mitate.analyze.checks.agent_dead_to_openstack import agent_dead_to_openstack
from mitate.model.cloud import NetworkAgent
from mitate.model.diagnosis import Severity, State
from mitate.model.host import HostIdentity, Process, Socket

LB = "neutron-linuxbridge-agent"
UNREACHABLE = (
    "[uuid] AMQP server on controller:5672 is unreachable: [Errno 111] ECONNREFUSED. "
    "Trying again in 32 seconds.: ConnectionRefusedError: [Errno 111] ECONNREFUSED"
)


@pytest.fixture
def unheard(world: Any) -> Any:
    """An agent whose process runs and whose heartbeat is 300 s old; the sockets of its host were seen."""
    world.agent(LB, "compute1", alive=False)
    world.process(LB, "compute1", pid=66)
    world.unit(LB, "compute1")
    world.add(Socket, "compute1", state="LISTEN", local_port=22, pids=(85,))
    return world


def test_problem_no_connection_to_the_broker(unheard: Any) -> None:
    unheard.log(LB, "compute1", UNREACHABLE)
    finding = unheard.only(agent_dead_to_openstack)
    assert finding.subject.id == f"{LB}@compute1"
    assert "no connection to the message broker" in finding.says
    assert "ECONNREFUSED" in finding.says


def test_problem_broker_refuses_its_password(unheard: Any) -> None:
    unheard.log(LB, "compute1", "AccessRefused: (0, 0): (403) ACCESS_REFUSED - Login was refused")
    assert "refuses its user or password" in unheard.only(agent_dead_to_openstack).says


def test_problem_its_reports_are_not_answered(unheard: Any) -> None:
    unheard.add(Socket, "compute1", peer_port=5672, peer_ip="10.0.0.11", pids=(66,))
    unheard.log(LB, "compute1", "Failed reporting state!: oslo_messaging.exceptions.MessagingTimeout")
    assert "get no answer" in unheard.only(agent_dead_to_openstack).says


def test_problem_clock_off(unheard: Any) -> None:
    unheard.add(Socket, "compute1", peer_port=5672, pids=(66,))
    for host in ("controller", "network", "compute2"):
        unheard.add(HostIdentity, host, hostname=host)
    unheard.add(HostIdentity, "compute1", hostname="compute1", clock_offset_s=-400.0)
    assert "-400 s off" in unheard.only(agent_dead_to_openstack).says


def test_problem_hangs_within_itself(unheard: Any) -> None:
    unheard.add(Socket, "compute1", peer_port=5672, pids=(66,))
    assert "it hangs, or what it sends is lost" in unheard.only(agent_dead_to_openstack).says


def test_problem_broker_on_a_port_of_its_own(unheard: Any) -> None:
    unheard.process("rabbitmq-server", "controller", pid=67)
    unheard.add(Socket, "controller", state="LISTEN", local_port=5999, pids=(67,))
    unheard.add(Socket, "compute1", peer_port=5999, pids=(66,))
    assert "no connection" not in unheard.only(agent_dead_to_openstack).says


def test_problem_is_a_warning_when_admin_down(world: Any) -> None:
    world.agent(LB, "compute1", alive=False, admin_up=False)
    world.process(LB, "compute1")
    assert world.only(agent_dead_to_openstack).severity is Severity.WARNING


def test_ok(world: Any) -> None:
    world.agent(LB, "compute1")
    world.process(LB, "compute1")
    assert world.state(agent_dead_to_openstack) is State.OK


def test_ok_frozen_stopped_or_looping_are_other_checks(world: Any) -> None:
    world.agent(LB, "compute1", alive=False)
    world.process(LB, "compute1", state="T")
    world.agent("neutron-l3-agent", "network", alive=False)
    world.agent("neutron-dhcp-agent", "network", alive=False)
    world.process("neutron-dhcp-agent", "network", started_at=world.ago(90))
    world.unit("neutron-dhcp-agent", "network", restarts=5)
    assert world.state(agent_dead_to_openstack) is State.OK


def test_ok_freshly_started(world: Any) -> None:
    world.agent(LB, "compute1", alive=False)
    world.process(LB, "compute1", started_at=world.ago(5))
    assert world.state(agent_dead_to_openstack) is State.OK


def test_unknown_host_not_seen(world: Any) -> None:
    world.agent(LB, "compute1", alive=False)
    world.gap("compute1", Process)
    assert world.state(agent_dead_to_openstack) is State.UNKNOWN


def test_unknown_without_the_agent_list(world: Any) -> None:
    world.gap("api", NetworkAgent)
    world.process(LB, "compute1")
    assert world.state(agent_dead_to_openstack) is State.UNKNOWN
