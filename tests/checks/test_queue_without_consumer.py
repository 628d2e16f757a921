from __future__ import annotations

from typing import Any

import pytest

from mitate.analyze.checks.queue_without_consumer import queue_without_consumer
from mitate.model.diagnosis import Severity, State
from mitate.model.host import Queue


def queue(world: Any, name: str, messages: int = 4, consumers: int = 0) -> None:
    world.add(Queue, "controller", vhost="/", name=name, messages=messages, consumers=consumers)


def test_problem_of_the_service_that_should_take_them(world: Any) -> None:
    world.stopped_unit("nova-scheduler", "compute1", enabled="disabled")  # merely came with a package
    world.stopped_unit("nova-scheduler", "controller")
    queue(world, "scheduler")
    finding = world.only(queue_without_consumer)
    assert (finding.subject.kind, finding.subject.id) == ("service", "nova-scheduler@controller")
    assert finding.symptom
    assert finding.severity is Severity.CRITICAL


def test_problem_of_an_agent(world: Any) -> None:
    world.agent("neutron-l3-agent", "network", alive=False)
    queue(world, "l3_agent.network")
    finding = world.only(queue_without_consumer)
    assert (finding.subject.kind, finding.subject.id) == ("agent", "neutron-l3-agent@network")
    assert finding.severity is Severity.WARNING


def test_problem_of_a_volume_backend(world: Any) -> None:
    world.process("cinder-volume", "storage1")
    queue(world, "cinder-volume.storage1@ceph")
    assert world.only(queue_without_consumer).subject.id == "cinder-volume@storage1"


def test_problem_of_neutron_in_one_piece(world: Any) -> None:
    world.process("neutron-server", "controller")
    queue(world, "q-reports-plugin")
    assert world.only(queue_without_consumer).subject.id == "neutron-server@controller"


def test_problem_of_a_host_that_left_is_only_mentioned(world: Any) -> None:
    world.compute_service("nova-compute", "compute1")
    queue(world, "compute.retired")
    assert world.only(queue_without_consumer).severity is Severity.INFO


def test_problem_when_nobody_of_that_kind_is_known(world: Any) -> None:
    queue(world, "conductor")
    assert world.only(queue_without_consumer).subject.kind == "queue"


@pytest.mark.parametrize(
    "name",
    [
        "reply_4839f4b122624a118ef90a37849d84c9",
        "scheduler_fanout_0cb5c1c0d53b4d1fbd1e1a2b3c4d5e6f",
        "notifications.info",
        "versioned_notifications.error",
        "q-agent-notifier-port-update",
        "somebody-elses",
    ],
)
def test_ok_queues_that_say_nothing(world: Any, name: str) -> None:
    queue(world, name, messages=5000)
    assert world.state(queue_without_consumer) is State.OK


def test_ok(world: Any) -> None:
    queue(world, "conductor", consumers=2)
    queue(world, "compute.retired", messages=0)
    assert world.state(queue_without_consumer) is State.OK


def test_unknown(world: Any) -> None:
    world.gap("controller", Queue, why="rabbitmqctl hangs")
    assert world.state(queue_without_consumer) is State.UNKNOWN
