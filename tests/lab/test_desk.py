"""The operator's desk: files that only their owner reads, and that say where everything is."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from mitate.lab import LabError
from mitate.lab.desk import Desk
from mitate.lab.hosts import Host
from mitate.lab.topology import hosts as plans


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    hosts = {plan.name: Host(plan, tmp_path / plan.name, tmp_path / "none", "none") for plan in plans(1)}
    for host in hosts.values():
        key = host.upper / "etc/ssh/ssh_host_ed25519_key.pub"
        key.parent.mkdir(parents=True)
        key.write_text(f"ssh-ed25519 KEYOF{host.name} {host.name}\n")
    private = hosts["operator"].upper / "root/.ssh/id_ed25519"
    private.parent.mkdir(parents=True)
    private.write_text("the private key\n")
    desk = Desk(tmp_path / "desk", "mitate-no-such-namespace")
    desk.write(hosts, "secret")
    return desk


def test_nobody_else_reads_it(desk: Desk) -> None:
    assert desk.directory.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in desk.directory.iterdir()} == {0o600}


def test_every_cloud_host_has_a_known_key_and_an_address(desk: Desk) -> None:
    known = (desk.directory / "known_hosts").read_text()
    assert "compute2,10.0.0.22 ssh-ed25519 KEYOFcompute2\n" in known
    assert "compute1 ansible_host=10.0.0.21\n" in desk.inventory.read_text()
    assert "[fakes]\nfake1 ansible_host=10.0.0.101\n" in desk.inventory.read_text()
    assert "auth_url: http://10.0.0.11:5000/v3\n" in desk.clouds_yaml.read_text()


@pytest.mark.skipif(shutil.which("ssh") is None, reason="needs ssh to read its configuration")
def test_ssh_understands_it(desk: Desk) -> None:
    argv = ["ssh", "-G", "-F", str(desk.ssh_config), "network"]
    said = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.splitlines()
    assert {"hostname 10.0.0.12", "user root", f"identityfile {desk.directory}/id_ed25519"} <= set(said)


def test_without_a_lab_there_is_no_network_to_enter(desk: Desk) -> None:
    with pytest.raises(LabError, match="run `mitate lab up`"):
        desk.enter_network()
