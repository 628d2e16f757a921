from __future__ import annotations

from typing import Any

import pytest

from mitate.analyze.checks.flavor_fits_no_host import flavor_fits_no_host
from mitate.model.cloud import Flavor, Hypervisor, Server
from mitate.model.diagnosis import Confidence, State

NO_HOST = "No valid host was found. There are not enough hosts available."


def ask(wired: Any, extra_specs: tuple[tuple[str, str], ...] = (), **size: int) -> None:
    asked = {"vcpus": 1, "ram_mb": 64, "disk_gb": 1, **size}
    wired.add(Flavor, id="f2", name="vast", extra_specs=extra_specs, **asked)
    flavor = {f"flavor_{name}": value for name, value in asked.items()}
    wired.add(Server, id="s2", name="big", status="ERROR", fault=NO_HOST, flavor_name="vast", **flavor)


def test_problem_vcpus_and_ram(wired: Any) -> None:
    ask(wired, vcpus=256, ram_mb=4_194_304)
    finding = wired.only(flavor_fits_no_host)
    assert (finding.subject.kind, finding.subject.id) == ("flavor", "f2")
    assert "256 vCPUs, the largest has 2 and" in finding.says
    assert finding.confidence is Confidence.PROVED


def test_problem_disk_is_less_sure(wired: Any) -> None:
    """A server that boots from a volume would not need it."""
    ask(wired, disk_gb=100_000)
    assert wired.only(flavor_fits_no_host).confidence is Confidence.INFERRED


def test_problem_of_several_hosts_none_of_which_has_it_all(wired: Any) -> None:
    """Many vCPUs here, much RAM there."""
    wired.add(Hypervisor, id="2", hostname="compute2", service_host="compute2", vcpus=64, memory_mb=4096)
    ask(wired, vcpus=32, ram_mb=8192)
    assert (
        "no host has 32 vCPUs, 8192 MiB of RAM and 1 GiB of disk at once"
        in wired.only(flavor_fits_no_host).says
    )


@pytest.mark.parametrize(
    ("change", "word"), [({"vcpus": 1}, "as it was then"), (None, "deleted since")], ids=str
)
def test_problem_by_the_size_embedded_in_the_server(wired: Any, change: Any, word: str) -> None:
    ask(wired, vcpus=256)
    if change:
        wired.change(Flavor, lambda flavor: flavor.id == "f2", **change)
    else:
        wired.drop(Flavor, lambda flavor: flavor.id == "f2")
    finding = wired.only(flavor_fits_no_host)
    assert f"flavour vast ({word}) fits no host: it asks for 256 vCPUs" in finding.says


def test_ok_when_bare_metal_says_nothing_of_its_size(wired: Any) -> None:
    wired.change(Hypervisor, vcpus=0, memory_mb=0, disk_gb=0)
    ask(wired, vcpus=256)
    assert wired.state(flavor_fits_no_host) is State.OK


def test_ok_when_it_fits_an_empty_host(wired: Any) -> None:
    """The cloud is full, or a filter said no: that is another question."""
    ask(wired, vcpus=2, ram_mb=12506)
    assert wired.state(flavor_fits_no_host) is State.OK


def test_ok_when_one_host_does_not_tell_its_size(wired: Any) -> None:
    ask(wired, vcpus=256)
    wired.add(Hypervisor, id="2", hostname="compute2", service_host="compute2")
    assert wired.state(flavor_fits_no_host) is State.OK


def test_ok_for_bare_metal(wired: Any) -> None:
    """Its extra specs ask for a whole node instead of vCPUs and RAM."""
    ask(wired, (("resources:CUSTOM_BAREMETAL", "1"), ("resources:VCPU", "0")), vcpus=256)
    assert wired.state(flavor_fits_no_host) is State.OK


@pytest.mark.parametrize("change", [{"status": "ACTIVE"}, {"fault": "Build of instance aborted"}], ids=str)
def test_ok_when_it_did_not_fail_for_that(wired: Any, change: dict[str, str]) -> None:
    ask(wired, vcpus=256)
    wired.change(Server, lambda server: server.id == "s2", **change)
    assert wired.state(flavor_fits_no_host) is State.OK


def test_unknown_without_the_hypervisors(wired: Any) -> None:
    ask(wired, vcpus=256)
    wired.drop(Hypervisor)
    wired.world.gap("api", Hypervisor)
    assert wired.state(flavor_fits_no_host) is State.UNKNOWN
