"""Callers and those who answer, at one broker."""

from __future__ import annotations

from typing import Any

import pytest

from mitate.analyze.checks.transport_url_differs import transport_url_differs as check
from mitate.model.diagnosis import State
from mitate.model.host import ConfigOption

SERVER = "rabbit://***@k1:5672,***@k2:5672/nova"


def urls(world: Any, compute: str) -> None:
    world.option("nova-conductor", "k1", "transport_url", SERVER, digest="a" * 32)
    world.option("nova-compute", "c1", "transport_url", compute, digest="b" * 32)


@pytest.mark.parametrize("url", ["rabbit://***@old:5672/nova", "rabbit://***@k1:5672/"])
def test_problem_another_broker_or_vhost(world: Any, url: str) -> None:
    urls(world, url)
    finding = world.only(check)
    assert finding.subject.id == "nova-compute@c1"
    assert url in finding.says


@pytest.mark.parametrize("url", [SERVER, "rabbit://***@k2/nova", "rabbit://***@k2:5672,***@k1:5672/nova"])
def test_ok_a_server_in_common(world: Any, url: str) -> None:
    urls(world, url)
    assert world.state(check) is State.OK


def test_ok_where_another_cell_answers(world: Any) -> None:
    urls(world, "rabbit://***@cell2:5672/")
    world.option("nova-conductor", "k2", "transport_url", "rabbit://***@cell2:5672/")
    assert world.state(check) is State.OK


def test_unknown_configuration(world: Any) -> None:
    world.gap("c1", ConfigOption)
    assert world.state(check) is State.UNKNOWN
