"""Releases and drivers are whole: every file they name is there, every hole in a template gets a value."""

from __future__ import annotations

import configparser

import pytest

from mitate.lab import LabError, recipe
from mitate.lab.configure import _values
from mitate.lab.fabric import port
from mitate.lab.topology import MOST_FAKES, hosts


@pytest.mark.parametrize("release", recipe.names("releases"))
@pytest.mark.parametrize("driver", recipe.names("drivers"))
def test_every_template_renders_on_every_host_that_gets_it(release: str, driver: str) -> None:
    chosen = recipe.load(release, driver, fakes=2)
    for host in chosen.hosts:
        values = {**chosen.variables(), **_values(host)}
        for file in chosen.files:
            if host.role in file.roles:
                text = file.render(values)
                assert "{{" not in text
                if file.path.startswith(("etc/nova", "etc/neutron", "etc/keystone", "etc/glance")):
                    configparser.ConfigParser(interpolation=None, strict=True).read_string(text)


def test_agents_report_often_enough_for_practice() -> None:
    templates = {path.name: path.read_text() for file in recipe.load().files for path in file.templates}
    assert "report_interval = 3\n" in templates["nova.conf"]
    assert "service_down_time = 10\n" in templates["nova.conf"]
    assert "report_interval = 3\n" in templates["neutron.conf"]
    assert "agent_down_time = 10\n" in templates["neutron.conf"]


def test_only_the_network_host_has_a_bridge_to_the_outside() -> None:
    chosen = recipe.load(driver="ovs")
    texts = {
        host.name: "".join(
            file.render({**chosen.variables(), **_values(host)})
            for file in chosen.files
            if host.role in file.roles and file.path.endswith(("openvswitch_agent.ini", "bridges.conf"))
        )
        for host in chosen.hosts
    }
    assert [name for name, text in texts.items() if "physnet1:br-ex" in text] == ["network"]
    assert [name for name, text in texts.items() if "add-br br-ex" in text] == ["network"]
    assert [name for name, text in texts.items() if "add-br br-phy" in text] == [
        "network",
        "compute1",
        "compute2",
    ]


def test_a_hole_without_a_value_is_refused() -> None:
    with pytest.raises(LabError, match=r"nova\.conf asks for nonsense"):
        recipe.render("a = {{nonsense}}", {}, named="nova.conf")


def test_an_unknown_release_is_answered_with_those_that_exist() -> None:
    with pytest.raises(LabError, match=r"no release called sarge; there are: .*bookworm"):
        recipe.load("sarge")


def test_fingerprints_are_stable_and_differ() -> None:
    chosen = recipe.load()
    assert chosen.cloud_fingerprint() == recipe.load().cloud_fingerprint()
    assert chosen.base_fingerprint() != chosen.cloud_fingerprint()


def test_fake_computes_are_hosts_that_run_nothing_but_nova_compute() -> None:
    plain, chosen = recipe.load(), recipe.load(fakes=3)
    fakes = [host for host in chosen.hosts if host not in plain.hosts]
    assert [(host.name, host.address("mgmt")) for host in fakes] == [
        ("fake1", "10.0.0.101"),
        ("fake2", "10.0.0.102"),
        ("fake3", "10.0.0.103"),
    ]
    assert {unit for host in fakes for unit in chosen.units(host.role)} == {"nova-compute"}
    drivers = {
        file.render({**chosen.variables(), **_values(host)}).rstrip().rpartition(".")[2]
        for host in fakes
        for file in chosen.files
        if host.role in file.roles and file.path == "etc/nova/nova-compute.conf"
    }
    assert drivers == {"MediumFakeDriver", "SmallFakeDriver"}


@pytest.mark.parametrize("fakes", [-1, MOST_FAKES + 1])
def test_a_lab_has_room_for_so_many_fakes_only(fakes: int) -> None:
    with pytest.raises(LabError, match=f"0 to {MOST_FAKES} fake computes, not {fakes}"):
        recipe.load(fakes=fakes)
    with pytest.raises(ValueError, match="fake computes"):
        hosts(fakes)


def test_a_saved_state_without_fakes_is_none_with_fakes() -> None:
    assert recipe.load(fakes=0).fingerprint() == recipe.load().fingerprint()
    assert recipe.load(fakes=2).fingerprint() != recipe.load().fingerprint()
    assert recipe.load(fakes=2).base_fingerprint() == recipe.load().base_fingerprint()


def test_no_interface_name_is_too_long_for_the_kernel() -> None:
    names = [port(host.name, nic) for host in hosts(MOST_FAKES) for nic in host.nics]
    assert len(set(names)) == len(names)
    assert max(map(len, names)) <= 15
