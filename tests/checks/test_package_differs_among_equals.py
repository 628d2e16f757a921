"""Versions that differ."""

from __future__ import annotations

from typing import Any

from mitate.analyze.checks.package_differs_among_equals import package_differs_among_equals as check
from mitate.model.change import Package
from mitate.model.diagnosis import State
from mitate.model.host import HostIdentity


def installed(world: Any, host: str, version: str = "2:26.2.2-1", os: str = "debian 12", **more: Any) -> None:
    world.add(HostIdentity, host, hostname=host, os=os)
    world.add(Package, host, version=version, **more)


def test_problem_one_that_was_downgraded(world: Any) -> None:
    installed(world, "k1")
    installed(world, "c1")
    installed(world, "c2", "2:26.1.0-4", installed_at=world.ago(60))
    finding = world.only(check)
    assert finding.subject.id == "c2"
    assert "nova-common 2:26.1.0-4 (2:26.2.2-1)" in finding.says
    assert finding.since == world.ago(60)


def test_problem_of_two_the_one_that_was_installed_last(world: Any) -> None:
    installed(world, "c1", "2:26.1.0-4", installed_at=world.ago(60))
    installed(world, "c2", installed_at=world.ago(600))
    assert world.only(check).subject.id == "c1"


def test_ok_other_systems_kernels_and_missing_packages(world: Any) -> None:
    installed(world, "c1")
    installed(world, "c2")
    installed(world, "r1", "1:26.1.0-1.el9", os="rocky 9")
    world.add(Package, "c1", name="linux-image-6.1.0-40-amd64", version="6.1")
    world.add(Package, "c2", name="linux-image-6.1.0-40-amd64", version="6.2")
    world.add(Package, "c2", name="libvirt0", version="9")
    assert world.state(check) is State.OK


def test_ok_an_upgrade_under_way(world: Any) -> None:
    for number in range(10):
        installed(world, f"c{number}", "2:27" if number < 4 else "2:26")
    assert world.state(check) is State.OK


def test_unknown_on_one_host(world: Any) -> None:
    installed(world, "c1")
    world.gap("c2", Package)
    assert world.state(check) is State.UNKNOWN
