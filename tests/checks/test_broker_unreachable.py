from __future__ import annotations

from typing import Any

from mitate.analyze.checks.broker_unreachable import broker_unreachable
from mitate.model.diagnosis import State
from mitate.model.host import ConfigOption, Process, Socket

REFUSED = (
    "[uuid] AMQP server on controller:5672 is unreachable: [Errno 111] ECONNREFUSED. "
    "Trying again in 1 seconds.: ConnectionRefusedError: [Errno 111] ECONNREFUSED"
)
LOST = "[uuid] AMQP server on controller:5672 is unreachable: [Errno 104] Connection reset by peer."


def conductor(world: Any, *states: str) -> None:
    world.process("nova-conductor", "controller", pid=974)
    world.add(Socket, "controller", state="LISTEN", local_port=22, pids=(1,))
    for state in states:
        world.add(Socket, "controller", state=state, peer_ip="10.0.0.11", peer_port=5672, pids=(974,))


def test_problem_its_log_says_so_and_no_socket_is_there(world: Any) -> None:
    conductor(world)
    world.log("nova-conductor", "controller", REFUSED)
    finding = world.only(broker_unreachable)
    assert finding.subject.id == "nova-conductor@controller"
    assert finding.symptom


def test_problem_wrong_password(world: Any) -> None:
    conductor(world)
    text = "AMQP server on controller:5672 is unreachable: (0, 0): (403) ACCESS_REFUSED - Login was refused"
    world.log("nova-conductor", "controller", text)
    assert "ACCESS_REFUSED" in world.only(broker_unreachable).says


def test_problem_trying(world: Any) -> None:
    conductor(world, "SYN-SENT")
    assert "10.0.0.11:5672 gets no answer" in world.only(broker_unreachable).says


def test_problem_of_an_agent_with_a_broker_on_another_port(world: Any) -> None:
    world.process("neutron-l3-agent", "network", pid=70)
    said = {"service": "neutron-l3-agent", "file": "/etc/neutron/neutron.conf", "section": "DEFAULT"}
    world.add(ConfigOption, "network", name="transport_url", value="rabbit://***@mq:5999/", **said)
    world.add(Socket, "network", state="SYN-SENT", peer_ip="10.0.0.9", peer_port=5999, pids=(70,))
    finding = world.only(broker_unreachable)
    assert (finding.subject.kind, finding.subject.name) == ("agent", "L3 agent on network")


def test_ok(world: Any) -> None:
    conductor(world, "ESTAB")
    assert world.state(broker_unreachable) is State.OK


def test_ok_connected_again(world: Any) -> None:
    conductor(world, "ESTAB")
    world.log("nova-conductor", "controller", REFUSED)
    assert world.state(broker_unreachable) is State.OK


def test_ok_idle_api_lost_a_connection(world: Any) -> None:
    conductor(world)
    world.log("nova-conductor", "controller", LOST)
    world.log("nova-conductor", "controller", "Unexpected error during heartbeat thread processing")
    assert world.state(broker_unreachable) is State.OK


def test_ok_complaint_from_before_the_broker_had_started(world: Any) -> None:
    conductor(world)
    world.process("rabbitmq-server", "controller", started_at=world.ago(60))
    world.log("nova-conductor", "controller", REFUSED, at=world.ago(70))
    world.log("nova-conductor", "controller", REFUSED, at=world.ago(50))
    assert world.state(broker_unreachable) is State.OK


def test_ok_old_complaint(world: Any) -> None:
    conductor(world)
    world.log("nova-conductor", "controller", REFUSED, at=world.ago(4000))
    assert world.state(broker_unreachable) is State.OK


def test_ok_sockets_without_their_processes_prove_nothing(world: Any) -> None:
    world.process("nova-conductor", "controller", pid=974)
    world.add(Socket, "controller", state="ESTAB", peer_port=5672)
    world.log("nova-conductor", "controller", REFUSED)
    assert world.state(broker_unreachable) is State.OK


def test_unknown(world: Any) -> None:
    world.gap("controller", Process, Socket)
    assert world.state(broker_unreachable) is State.UNKNOWN
