from __future__ import annotations

from typing import Any

from mitate.analyze.checks.database_unreachable import database_unreachable
from mitate.model.diagnosis import State
from mitate.model.host import Socket

REFUSED = (
    '(pymysql.err.OperationalError) (2003, "Can'
    "'"
    "t connect to MySQL server on "
    "'controller' ([Errno 111] ECONNREFUSED)\")"
)


def conductor(world: Any) -> None:
    world.process("nova-conductor", "controller", pid=974)
    world.add(Socket, "controller", state="LISTEN", local_port=22, pids=(1,))


def test_problem(world: Any) -> None:
    conductor(world)
    world.log("nova-conductor", "controller", REFUSED)
    finding = world.only(database_unreachable)
    assert finding.subject.id == "nova-conductor@controller"
    assert finding.symptom


def test_ok_where_a_log_only_echoes_the_conductor(world: Any) -> None:
    world.process("nova-compute", "compute1", pid=60)
    world.add(Socket, "compute1", state="LISTEN", local_port=22, pids=(1,))
    world.log("nova-compute", "compute1", REFUSED)
    assert world.run(database_unreachable).findings == ()


def test_problem_wrong_password(world: Any) -> None:
    conductor(world)
    text = "(pymysql.err.OperationalError) (1045, \"Access denied for user 'nova'@'controller'\")"
    world.log("nova-conductor", "controller", text)
    assert "Access denied" in world.only(database_unreachable).says


def test_ok(world: Any) -> None:
    conductor(world)
    world.add(Socket, "controller", peer_port=3306, pids=(974,))
    world.log("nova-conductor", "controller", REFUSED)
    assert world.state(database_unreachable) is State.OK


def test_ok_idle(world: Any) -> None:
    conductor(world)
    world.log("nova-conductor", "controller", "(2013, 'Lost connection to MySQL server during query')")
    assert world.state(database_unreachable) is State.OK


def test_ok_the_database_was_started_since(world: Any) -> None:
    conductor(world)
    world.process("mariadb", "controller", started_at=world.ago(20))
    world.log("nova-conductor", "controller", REFUSED, at=world.ago(25))
    assert world.state(database_unreachable) is State.OK


def test_unknown(world: Any) -> None:
    world.gap("controller", Socket)
    assert world.state(database_unreachable) is State.UNKNOWN
