"""Misspelt options."""

from __future__ import annotations

from typing import Any

import pytest

from mitate.analyze.checks.option_unknown import option_unknown as check
from mitate.model.change import Package
from mitate.model.diagnosis import State


@pytest.mark.parametrize(
    ("section", "name", "meant"),
    [
        ("DEFAULT", "cpu_alocation_ratio", "[DEFAULT] cpu_allocation_ratio"),
        ("DEFAULT", "rpc_reponse_timeout", "[DEFAULT] rpc_response_timeout"),
        ("libvirts", "virt_type", "[libvirt] virt_type"),
        ("DEFAULT", "live_migration_scheme", "[libvirt] live_migration_scheme"),
        ("placement", "pasword", "[placement] password"),
    ],
)
def test_problem_did_you_mean(world: Any, section: str, name: str, meant: str) -> None:
    world.add(Package, "c1")
    world.option("nova-compute", "c1", "auth_type", "password", section="placement", line=3)
    world.option("nova-compute", "c1", name, "1", section=section)
    finding = world.only(check)
    assert f"{meant} may be meant" in finding.says
    assert finding.evidence[0].excerpt == f"/etc/nova/nova.conf:7: [{section}] {name}"


def test_ok_known_deprecated_foreign_and_of_the_login(world: Any) -> None:
    world.add(Package, "c1")
    for line, (section, name) in enumerate(
        [
            ("DEFAULT", "cpu_allocation_ratio"),
            ("glance", "api_servers"),  # deprecated
            ("DEFAULT", "vendor_magic"),
            ("lvm_backend_7", "volume_driver"),
            ("placement", "auth_type"),
            ("placement", "username"),
            ("keystone_authtoken", "memcached_servers"),
        ]
    ):
        world.option("nova-compute", "c1", name, "1", section=section, line=line)
    assert world.state(check) is State.OK


def test_ok_known_to_another_service_that_reads_the_file(world: Any) -> None:
    world.add(Package, "n1")
    world.add(Package, "n1", name="neutron-common", version="2:21.0.0-7")
    for service in ("neutron-l3-agent", "nova-compute"):
        world.option(service, "n1", "interface_driver", "x", file="/etc/x.conf")
    assert world.state(check) is State.OK


@pytest.mark.parametrize("version", ["", "2:99.0-1"])
def test_unknown_release(world: Any, version: str) -> None:
    if version:
        world.add(Package, "c1", version=version)
    world.option("nova-compute", "c1", "cpu_alocation_ratio", "1")
    assert world.state(check) is State.UNKNOWN
