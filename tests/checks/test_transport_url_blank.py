from __future__ import annotations

from typing import Any

from mitate.analyze.checks.transport_url_blank import transport_url_blank
from mitate.model.diagnosis import State
from mitate.model.host import ConfigOption, Socket

NOVA = {"service": "nova-compute", "file": "/etc/nova/nova.conf"}


def option(world: Any, name: str, value: str = "", section: str = "DEFAULT", **fields: Any) -> None:
    world.add(ConfigOption, "compute1", section=section, name=name, value=value, **{**NOVA, **fields})


def connected(world: Any, *states: str) -> None:
    """nova-compute runs, and its host's sockets were seen."""
    world.process("nova-compute", "compute1", pid=95)
    world.add(Socket, "compute1", state="LISTEN", local_port=22, pids=(1,))
    for state in states:
        world.add(Socket, "compute1", state=state, peer_port=5672, pids=(95,))


def test_problem_empty(world: Any) -> None:
    option(world, "transport_url", blank=True, line=7)
    finding = world.only(transport_url_blank)
    assert finding.subject.id == "compute1:/etc/nova/nova.conf[DEFAULT]"
    assert "line 7" in finding.says


def test_problem_names_a_broker_where_there_is_none(world: Any) -> None:
    connected(world)
    world.process("rabbitmq-server", "controller")
    option(world, "transport_url", "rabbit://***@localhost:5672/")
    assert "the broker runs on controller" in world.only(transport_url_blank).says


def test_problem_missing_and_not_connected(world: Any) -> None:
    connected(world)
    option(world, "my_ip", "10.0.0.21")
    assert "missing" in world.only(transport_url_blank).says


def test_ok(world: Any) -> None:
    connected(world, "ESTAB")
    world.process("rabbitmq-server", "controller")
    option(world, "transport_url", "rabbit://***@controller:5672/")
    assert world.state(transport_url_blank) is State.OK


def test_ok_redacted(world: Any) -> None:
    option(world, "transport_url", redacted=True)
    assert world.state(transport_url_blank) is State.OK


def test_ok_blank_where_it_means_the_default(world: Any) -> None:
    option(world, "transport_url", "rabbit://***@controller:5672/")
    option(world, "transport_url", blank=True, section="oslo_messaging_notifications")
    assert world.state(transport_url_blank) is State.OK


def test_ok_a_later_file_names_it(world: Any) -> None:
    option(world, "transport_url", blank=True)
    option(world, "transport_url", "rabbit://***@controller:5672/", file="/etc/nova/nova.conf.d/broker.conf")
    assert world.state(transport_url_blank) is State.OK


def test_ok_missing_but_connected(world: Any) -> None:
    connected(world, "ESTAB")
    option(world, "my_ip", "10.0.0.21")
    assert world.state(transport_url_blank) is State.OK


def test_ok_named_the_old_way(world: Any) -> None:
    connected(world)
    option(world, "rabbit_host", redacted=True, section="oslo_messaging_rabbit")
    assert world.state(transport_url_blank) is State.OK


def test_ok_localhost_where_a_broker_or_proxy_listens(world: Any) -> None:
    connected(world)
    world.process("rabbitmq-server", "controller")
    world.add(Socket, "compute1", state="LISTEN", local_port=5672, pids=(3,))
    option(world, "transport_url", "rabbit://***@127.0.0.1:5672/")
    assert world.state(transport_url_blank) is State.OK


def test_ok_services_without_a_broker(world: Any) -> None:
    option(world, "debug", "false", service="keystone", file="/etc/keystone/keystone.conf")
    option(world, "transport_url", blank=True, service="glance-api", file="/etc/glance/glance-api.conf")
    assert world.state(transport_url_blank) is State.OK


def test_unknown(world: Any) -> None:
    world.gap("compute1", ConfigOption)
    assert world.state(transport_url_blank) is State.UNKNOWN
