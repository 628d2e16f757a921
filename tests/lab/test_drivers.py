"""With Open vSwitch too the practice cloud is one in which packets arrive, and nothing is found wrong."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest

from mitate.lab import Lab, LabError, machine
from mitate.lab.base import Base
from mitate.lab.faults._guest import inside
from mitate.lab.faults._places import port
from mitate.lab.recipe import load
from mitate.lab.topology import FLOATING_IP

pytestmark = [
    pytest.mark.lab,
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="the practice cloud needs root"),
]


@pytest.fixture(scope="module")
def ovs() -> Iterator[Lab]:
    """The practice cloud if it has Open vSwitch, else one made beside it on its base, and gone afterwards."""
    home = Lab.at()
    if home.is_up() and home.recipe().driver == "ovs":
        yield home
        return
    if not Base(home.state, load(driver="ovs"), machine.cgroup_root() / "none").is_built():
        pytest.skip("no base has been built on this machine yet (`mitate lab up`)")
    directory = home.state.directory.with_name(f"test-{os.getpid()}-ovs")
    directory.mkdir(parents=True)
    (directory / "bases").symlink_to(home.state.bases)
    beside = Lab.at(directory)
    try:
        try:
            machine.require_room(directory, building=False)
        except LabError as error:
            pytest.skip(str(error))
        beside.up(driver="ovs")
        yield beside
    finally:
        beside.down()
        shutil.rmtree(directory)


def test_the_agents_are_those_of_open_vswitch_and_the_status_names_the_driver(ovs: Lab) -> None:
    kinds = ovs.openstack("network", "agent", "list", "-f", "value", "-c", "Agent Type").splitlines()
    assert kinds.count("Open vSwitch agent") == 3
    assert "Linux bridge agent" not in kinds
    status = ovs.status()
    assert status.recipe.driver == "ovs"
    assert "ovs" in [kept.driver for kept in status.saved]


def test_tcp_arrives_from_outside_through_the_floating_ip(ovs: Lab) -> None:
    assert ovs.sh("client", f"curl -sf -m 10 http://{FLOATING_IP}/").startswith("hello from ")
    size = ovs.sh("client", f"curl -sf -m 10 -o /dev/null -w '%{{size_download}}' http://{FLOATING_IP}/big")
    assert size == "65536"


def test_full_packets_pass(ovs: Lab) -> None:
    ovs.sh("client", f"ping -c1 -W2 -M do -s 1422 {FLOATING_IP}")


def test_servers_reach_each_other_and_the_metadata_service(ovs: Lab) -> None:
    inside(ovs, "vm1", f"ping -c1 -W2 {port(ovs, 'vm2').address}")
    asked = "printf 'GET /2009-04-04/meta-data/hostname HTTP/1.0\\r\\n\\r\\n' | nc -w 10 169.254.169.254 80"
    assert "vm1.novalocal" in inside(ovs, "vm1", asked)


def test_every_bridge_is_in_the_userspace_datapath(ovs: Lab) -> None:
    for host, bridges in (("network", 4), ("compute1", 3)):
        types = ovs.sh(host, "ovs-vsctl --bare --columns=datapath_type list Bridge").split()
        assert types == ["netdev"] * bridges


def test_nothing_is_found_in_it(ovs: Lab) -> None:
    said = subprocess.run(
        [sys.executable, "-m", "mitate", "check", "--lab"],
        env={**os.environ, "MITATE_LAB": str(ovs.state.directory)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stdout
