"""A secret that Nova and Neutron must share."""

from __future__ import annotations

from typing import Any

from mitate.analyze.checks.metadata_secret_differs import metadata_secret_differs as check
from mitate.model.diagnosis import State
from mitate.model.host import ConfigOption

NAME = "metadata_proxy_shared_secret"
INI = "/etc/neutron/metadata_agent.ini"


def nova(world: Any, digest: str) -> None:
    world.option("nova-api-metadata", "k1", "service_metadata_proxy", "true", section="neutron")
    world.option("nova-api-metadata", "k1", NAME, section="neutron", digest=digest)


def test_problem_two_secrets(world: Any) -> None:
    nova(world, "a" * 32)
    world.option("neutron-metadata-agent", "n1", NAME, digest="b" * 32, file=INI)
    finding = world.only(check)
    assert finding.subject.id == "neutron-metadata-agent@n1"
    assert all("(not told)" in each.excerpt for each in finding.evidence)
    assert "a" * 32 not in finding.says


def test_problem_one_that_is_not_set(world: Any) -> None:
    nova(world, "a" * 32)
    world.option("neutron-metadata-agent", "n1", "nova_metadata_host", "k1", file=INI)
    assert "is not set" in world.only(check).says


def test_ok_the_same(world: Any) -> None:
    nova(world, "a" * 32)
    world.option("neutron-metadata-agent", "n1", NAME, digest="a" * 32, file=INI)
    assert world.state(check) is State.OK


def test_ok_nova_does_not_check(world: Any) -> None:
    world.option("nova-api-metadata", "k1", "service_metadata_proxy", "false", section="neutron")
    world.option("neutron-metadata-agent", "n1", NAME, digest="b" * 32, file=INI)
    assert world.state(check) is State.OK


def test_unknown_without_digests(world: Any) -> None:
    nova(world, "a" * 32)
    world.add(ConfigOption, "n1", service="neutron-metadata-agent", name=NAME, value="", redacted=True)
    assert world.state(check) is State.UNKNOWN
