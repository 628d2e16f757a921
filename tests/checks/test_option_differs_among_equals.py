"""Options of equal hosts that differ."""

from __future__ import annotations

from typing import Any

from mitate.analyze.checks.option_differs_among_equals import option_differs_among_equals as check
from mitate.model.change import Package
from mitate.model.diagnosis import State
from mitate.model.host import ConfigFile, ConfigOption, HostIdentity
from mitate.model.net import Address

HOSTS = ("c1", "c2", "c3")


def compute(world: Any, host: str, ratio: str = "4.0", **more: Any) -> None:
    world.add(HostIdentity, host, hostname=host)
    world.option("nova-compute", host, "cpu_allocation_ratio", ratio, **more)


def test_problem_one_of_three(world: Any) -> None:
    for host in HOSTS:
        compute(world, host, "16.0" if host == "c2" else "4.0", line=12)
    finding = world.only(check)
    assert finding.subject.id == "c2:/etc/nova/nova.conf[DEFAULT]"
    assert finding.says == "[DEFAULT] cpu_allocation_ratio is 16.0 on c2, and 4.0 on c1 and c3"
    assert "/etc/nova/nova.conf:12" in finding.evidence[0].excerpt
    assert finding.since == world.ago(90_000)


def test_problem_of_two_the_one_that_changed_last(world: Any) -> None:
    compute(world, "c1", "16.0")
    compute(world, "c2", "4.0")
    world.facts = [fact for fact in world.facts if not isinstance(fact, ConfigFile)]
    world.config_file("nova-compute", "c1", changed_at=world.ago(60))
    world.config_file("nova-compute", "c2")
    assert world.only(check).subject.host == "c1"


def test_problem_an_option_that_one_lacks(world: Any) -> None:
    for host in HOSTS:
        compute(world, host)
        if host != "c3":
            world.option("nova-compute", host, "reserved_host_cpus", "2")
    finding = world.only(check)
    assert "reserved_host_cpus is (not set) on c3, and 2 on c1 and c2" in finding.says


def test_problem_secrets_are_compared_and_not_told(world: Any) -> None:
    for host in HOSTS:
        compute(world, host)
        digest = "b" * 32 if host == "c1" else "a" * 32
        world.option("nova-compute", host, "password", section="neutron", digest=digest)
        world.option("nova-compute", host, "transport_url", "rabbit://***@c:5672/", digest=digest)
    found = {finding.subject.id: finding.says for finding in world.run(check).findings}
    assert found["c1:/etc/nova/nova.conf[neutron]"] == (
        "[neutron] password on c1 is another than on c2 and c3 (its value is not told)"
    )
    assert "(in what is not told)" in found["c1:/etc/nova/nova.conf[DEFAULT]"]


def test_problem_several_options_of_a_section_are_told_together(world: Any) -> None:
    for host in HOSTS:
        compute(world, host, "16.0" if host == "c2" else "4.0")
        world.option("nova-compute", host, "ram_allocation_ratio", "3.0" if host == "c2" else "1.0")
    assert "ram_allocation_ratio is 3.0" in world.only(check).says


def test_problem_in_a_later_file_that_wins(world: Any) -> None:
    for host in HOSTS:
        compute(world, host)
    later = "/etc/nova/nova.conf.d/99.conf"
    world.config_file("nova-compute", "c3", path=later, position=1)
    world.option("nova-compute", "c3", "cpu_allocation_ratio", "16.0", file=later)
    finding = world.only(check)
    assert finding.subject.id == f"c3:{later}[DEFAULT]"


def test_ok_what_is_the_host_s_own(world: Any) -> None:
    for number, host in enumerate(HOSTS):
        compute(world, host)
        address = f"10.0.0.2{number}"
        world.add(Address, host, namespace="", link="eth0", ip=address, prefix=24)
        world.option("nova-compute", host, "my_ip", address)
        world.option("nova-compute", host, "host", f"{host}.example.org")
        world.option("nova-compute", host, "novncproxy_base_url", f"http://{address}:6080/vnc.html")
        world.option("nova-compute", host, "vendor", digest=str(number) * 32, digest_but_own="e" * 32)
    assert world.state(check) is State.OK


def test_ok_spelled_otherwise(world: Any) -> None:
    """A Boolean is a Boolean, and what the release has as its default need not be written."""
    for host, value in zip(HOSTS, ("True", "true", "1"), strict=True):
        world.add(HostIdentity, host, hostname=host)
        world.add(Package, host)
        world.option("nova-compute", host, "resume_guests_state_on_host_boot", value)
    world.option("nova-compute", "c1", "report_interval", "10")
    assert world.state(check) is State.OK


def test_ok_other_roles_and_drivers_are_no_equals(world: Any) -> None:
    compute(world, "c1", "4.0")
    world.option("nova-compute", "c1", "compute_driver", "libvirt.LibvirtDriver")
    compute(world, "i1", "1.0")
    world.option("nova-compute", "i1", "compute_driver", "ironic.IronicDriver")
    compute(world, "aio", "16.0")
    world.option("nova-compute", "aio", "compute_driver", "libvirt.LibvirtDriver")
    world.option("nova-conductor", "aio", "workers", "8")
    assert world.state(check) is State.OK


def test_ok_misspelt_is_told_as_such(world: Any) -> None:
    for host in HOSTS:
        compute(world, host)
        world.add(Package, host)
    world.option("nova-compute", "c2", "cpu_alocation_ratio", "1.0", line=8)
    assert world.state(check) is State.OK


def test_ok_two_kinds_of_hosts(world: Any) -> None:
    for number in range(10):
        compute(world, f"c{number}", "16.0" if number < 4 else "4.0")
    assert world.state(check) is State.OK


def test_unknown_without_digests_and_times(world: Any) -> None:
    for host in HOSTS:
        world.add(ConfigOption, host, service="nova-compute", name="password", value="", redacted=True)
    outcome = world.run(check)
    assert outcome.state is State.UNKNOWN
    assert "digests" in outcome.unknown_because[0].why
