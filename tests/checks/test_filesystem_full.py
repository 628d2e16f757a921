from __future__ import annotations

from typing import Any

import pytest

from mitate.analyze.checks.filesystem_full import filesystem_full
from mitate.model.diagnosis import Severity, State
from mitate.model.host import Filesystem

INSTANCES = {"mount": "/var/lib/nova/instances", "paths": ("/var/lib/nova/instances",)}


def full(used: float, size_kb: int = 100_000_000) -> dict[str, int]:
    taken = int(size_kb * used)
    return {"size_kb": size_kb, "used_kb": taken, "available_kb": size_kb - taken}


def test_problem_full(world: Any) -> None:
    world.add(Filesystem, "compute1", **INSTANCES, **full(0.99))
    finding = world.only(filesystem_full)
    assert (finding.subject.kind, finding.subject.id) == ("filesystem", "compute1:/var/lib/nova/instances")
    assert finding.severity is Severity.CRITICAL


def test_problem_full_tmpfs_that_holds_a_service(world: Any) -> None:
    world.add(Filesystem, "compute1", type="tmpfs", **INSTANCES, **full(1.0, 60_000))
    assert world.only(filesystem_full).severity is Severity.CRITICAL


def test_problem_filling(world: Any) -> None:
    world.add(Filesystem, "compute1", **INSTANCES, **full(0.93))
    assert world.only(filesystem_full).severity is Severity.WARNING


def test_problem_little_left_of_a_large_one(world: Any) -> None:
    world.add(Filesystem, "compute1", **INSTANCES, size_kb=2_000_000, used_kb=1_700_000, available_kb=150_000)
    assert world.only(filesystem_full).severity is Severity.CRITICAL


def test_problem_reserved_for_root_counts_as_used(world: Any) -> None:
    world.add(
        Filesystem, "db", paths=("/var/lib/mysql",), size_kb=10**8, used_kb=95 * 10**6, available_kb=10**6
    )
    assert world.only(filesystem_full).severity is Severity.CRITICAL


def test_problem_inodes(world: Any) -> None:
    world.add(Filesystem, "compute1", paths=("/var/log/nova",), inodes=1000, inodes_free=5, **full(0.2))
    finding = world.only(filesystem_full)
    assert "inodes" in finding.says
    assert finding.severity is Severity.CRITICAL


def test_problem_root_of_a_host_in_an_overlay(world: Any) -> None:
    world.add(Filesystem, "compute1", type="overlay", mount="/", paths=("/var/lib/nova",), **full(0.99))
    assert world.only(filesystem_full).severity is Severity.CRITICAL


def test_problem_root_without_services_is_a_warning(world: Any) -> None:
    world.add(Filesystem, "compute1", **full(0.995))
    assert world.only(filesystem_full).severity is Severity.WARNING


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "squashfs", "mount": "/snap/core", **full(1.0)},
        {"type": "iso9660", "mount": "/var/lib/nova/cd", "paths": ("/var/lib/nova/cd",), **full(1.0)},
        {"type": "overlay", "mount": "/var/lib/docker/overlay2/1/merged", **full(0.99)},
        {"type": "tmpfs", "mount": "/run/user/0", **full(1.0)},
        {"mount": "/srv/backup", **full(0.99)},
        {"mount": "/boot/efi", "type": "vfat", **full(0.3, 100_000)},
        {"mount": "/var/lib/small", "paths": ("/var/lib/neutron",), **full(0.3, 150_000)},
        {"size_kb": 0, "used_kb": 0, "available_kb": 0},
    ],
)
def test_ok_those_that_do_not_matter(world: Any, fields: dict[str, Any]) -> None:
    world.add(Filesystem, "compute1", **fields)
    assert world.state(filesystem_full) is State.OK


def test_ok(world: Any) -> None:
    world.add(Filesystem, "compute1", **INSTANCES)
    assert world.state(filesystem_full) is State.OK


def test_unknown(world: Any) -> None:
    world.gap("compute1", Filesystem, why="df hangs on a dead NFS server")
    assert world.state(filesystem_full) is State.UNKNOWN
