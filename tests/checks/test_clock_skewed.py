from __future__ import annotations

from typing import Any

from mitate.analyze.checks.clock_skewed import clock_skewed
from mitate.model.diagnosis import Severity, State
from mitate.model.host import ConfigOption, HostContact, HostIdentity


def clocks(world: Any, **offsets: float | None) -> None:
    for host, offset in offsets.items():
        world.add(HostIdentity, host, hostname=host, clock_offset_s=offset)


def test_problem_noticeable(world: Any) -> None:
    clocks(world, controller=0.01, network=0.0, compute1=12.0)
    finding = world.only(clock_skewed)
    assert finding.subject.id == "compute1"
    assert finding.severity is Severity.WARNING
    assert "12 s ahead" in finding.says


def test_problem_beyond_service_down_time(world: Any) -> None:
    clocks(world, controller=0.0, network=0.0, compute1=-90.0)
    assert world.only(clock_skewed).severity is Severity.CRITICAL


def test_problem_beyond_a_configured_down_time(world: Any) -> None:
    clocks(world, controller=0.0, network=0.0, compute1=-15.0)
    said = {"service": "neutron-api", "file": "/etc/neutron/neutron.conf", "section": "DEFAULT"}
    world.add(ConfigOption, "controller", name="agent_down_time", value="10", **said)
    assert world.only(clock_skewed).severity is Severity.CRITICAL


def test_ok_within_the_round_trip(world: Any) -> None:
    clocks(world, controller=0.4, network=-1.2, compute1=2.0)
    assert world.state(clock_skewed) is State.OK


def test_ok_our_own_clock_is_the_wrong_one(world: Any) -> None:
    clocks(world, controller=300.0, network=300.1, compute1=299.9)
    assert world.state(clock_skewed) is State.OK


def test_ok_slow_to_answer(world: Any) -> None:
    clocks(world, controller=0.0, network=0.0, compute1=9.0)
    world.add(HostContact, "compute1", host="compute1", took_s=9.5)
    assert world.state(clock_skewed) is State.OK


def test_ok_offset_not_known(world: Any) -> None:
    clocks(world, controller=None)
    assert world.state(clock_skewed) is State.OK


def test_unknown(world: Any) -> None:
    world.gap("compute1", HostIdentity)
    assert world.state(clock_skewed) is State.UNKNOWN
