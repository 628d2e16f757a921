"""Code that was replaced under a running service."""

from __future__ import annotations

from typing import Any

from mitate.analyze.checks.package_newer_than_process import package_newer_than_process as check
from mitate.model.change import DeletedFile, Package
from mitate.model.diagnosis import State


def test_problem_upgraded_while_it_ran(world: Any) -> None:
    world.process("nova-compute", "c1", started_at=world.ago(600))
    world.add(Package, "c1", installed_at=world.ago(60))
    world.add(Package, "c1", name="neutron-common", installed_at=world.ago(60))
    finding = world.only(check)
    assert finding.subject.id == "nova-compute@c1"
    assert "nova-common was replaced since" in finding.says
    assert "neutron" not in finding.says


def test_problem_a_library_that_is_gone(world: Any) -> None:
    world.process("libvirtd", "c1", started_at=world.ago(600))
    world.add(DeletedFile, "c1", service="libvirtd", pid=4711, path="/usr/lib/libssl.so.3")
    assert "libssl.so.3" in world.only(check).says


def test_ok_started_since(world: Any) -> None:
    world.process("nova-compute", "c1", started_at=world.ago(30))
    world.add(Package, "c1", installed_at=world.ago(60))
    assert world.state(check) is State.OK


def test_ok_in_a_container(world: Any) -> None:
    world.process("nova-compute", "c1", started_at=world.ago(600), container="nova_compute")
    world.add(Package, "c1", installed_at=world.ago(60))
    assert world.state(check) is State.OK


def test_unknown_packages(world: Any) -> None:
    world.process("nova-compute", "c1")
    world.gap("c1", Package)
    assert world.state(check) is State.UNKNOWN
