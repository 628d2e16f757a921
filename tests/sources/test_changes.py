# ruff: noqa: E501 - lines of logs and of tools are as long as they are
"""What the scripts find out about packages, logins and libraries that are gone. The host is a fake, the scripts are real."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from mitate.model.change import DeletedFile, Package, PackageChange, PendingReboot, Session

STATUS = """\
Package: nova-common
Status: install ok installed
Architecture: all
Version: 2:26.2.2-1~deb12u5
Description: OpenStack Compute
 Version: of a description

Package: vim
Status: install ok installed
Architecture: amd64
Version: 9.0

Package: libvirt0
Status: install ok half-configured
Architecture: amd64
Version: 9.0.0-4

Package: neutron-common
Status: deinstall ok config-files
Architecture: all
Version: 2:21.0.0-7

"""


def test_what_dpkg_has_installed(fake_host: Any, facts: Any, each_awk: str) -> None:
    fake_host.file("/var/lib/dpkg/status", STATUS)
    for name in ("nova-common", "libvirt0:amd64", "vim"):
        fake_host.file(f"/var/lib/dpkg/info/{name}.list", "")
    fake_host.tool("stat", 'shift 2; for each; do printf "1795361400\\t%s\\n" "$each"; done')
    told = facts("packages", fake_host.run("packages", awk=each_awk).stdout)
    at = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)
    assert [(p.name, p.version, p.state, p.installed_at) for p in told if isinstance(p, Package)] == [
        ("nova-common", "2:26.2.2-1~deb12u5", "installed", at),
        ("libvirt0", "9.0.0-4", "half-configured", at),
    ]
    assert [p.wanted for p in told if isinstance(p, PendingReboot)] == [False]
    fake_host.file("/run/reboot-required", "")
    fake_host.file("/run/reboot-required.pkgs", "linux-image-amd64\nlinux-image-amd64\n$(evil)\n")
    reboots = [p for p in fake_host.ask("packages") if isinstance(p, PendingReboot)]
    assert [(p.wanted, p.packages) for p in reboots] == [(True, ("linux-image-amd64",))]


def test_what_rpm_has_installed(fake_host: Any) -> None:
    rows = "openstack-nova-compute\\tnoarch\\t1:26.1.0-1.el9\\t1795361400\\nvim\\tx86_64\\t9\\t1\\n"
    fake_host.tool("rpm", f"printf '{rows}'")
    told = [p for p in fake_host.ask("packages") if isinstance(p, Package)]
    assert [(p.name, p.version) for p in told] == [("openstack-nova-compute", "1:26.1.0-1.el9")]


def test_the_log_of_dpkg(fake_host: Any, facts: Any, each_awk: str) -> None:
    fake_host.file("/var/lib/dpkg/status", "")
    fake_host.file(
        "/var/log/dpkg.log",
        "2026-11-22 15:14:40 startup archives unpack\n"
        "2026-11-22 15:14:41 upgrade nova-common:all 2:26.1.0-4 2:26.1.1-1\n"
        "2026-11-22 15:14:42 status half-configured nova-common:all 2:26.1.1-1\n"
        "2026-11-22 15:14:43 install neutron-common:all <none> 2:21.0.0-7\n"
        "2026-11-22 15:14:44 upgrade vim:amd64 1 2\n",
    )
    fake_host.tool("date", "echo +0100")
    told = facts("package_history", fake_host.run("package_history", awk=each_awk).stdout)
    assert [(c.action, c.name, c.before, c.after) for c in told if isinstance(c, PackageChange)] == [
        ("upgrade", "nova-common", "2:26.1.0-4", "2:26.1.1-1"),
        ("install", "neutron-common", "", "2:21.0.0-7"),
    ]
    assert told[0].at == datetime(2026, 11, 22, 14, 14, 41, tzinfo=UTC)


AUTH = """\
2026-11-22T15:00:00.123456+00:00 c1 sshd[12]: Accepted publickey for root from 10.0.0.2 port 4022 ssh2: ED25519 SHA256:abc
2026-11-22T15:00:01.123456+00:00 c1 sshd[13]: Accepted password for jane.doe from 10.0.0.9 port 4022 ssh2
2026-11-22T15:00:02+00:00 c1 sshd[13]: Failed password for root from 10.0.0.9 port 4022 ssh2
2026-11-22T15:00:03+00:00 c1 sudo[14]: jane.doe : TTY=pts/0 ; PWD=/home/jane ; USER=root ; COMMAND=/usr/bin/systemctl restart nova-compute
2026-11-22T15:00:04+00:00 c1 sudo:     nova : PWD=/ ; USER=root ; COMMAND=/usr/bin/nova-rootwrap /etc/nova/rootwrap.conf x
2026-11-22T15:00:05+00:00 c1 sudo[15]: ubuntu : PWD=/ ; USER=root ; COMMAND=/usr/bin/mysql -pS3cret nova
2026-11-22T15:00:06+00:00 c1 ansible-ansible.legacy.copy[16]: Invoked with src=/root/.ansible/x dest=/etc/nova/nova.conf content=S3cret mode=0640
2026-11-22T15:00:07+00:00 c1 ansible-ansible.builtin.setup[16]: Invoked with gather_subset=['all']
Nov 22 15:00:08 c1 puppet-agent[17]: (/Stage[main]/Nova/Nova_config[DEFAULT/cpu_allocation_ratio]/value) value changed S3cret to y
Nov 22 15:00:09 c1 sudo: root : PWD=/ ; USER=root ; COMMAND=/bin/sh -s
"""


@pytest.mark.parametrize("how", ["journal", "file"])
def test_who_was_there(fake_host: Any, facts: Any, each_awk: str, how: str) -> None:
    fake_host.tool("journalctl", "exit 1")
    fake_host.file("/var/log/auth.log", AUTH)
    if how == "journal":  # the fake has a root of its own, where no journal is asked: the lines are the same
        epoch = re.sub(r"2026-11-22T15:00:(\d\d)\S*", r"17953596\1.5", AUTH)
        fake_host.file("/var/log/auth.log", epoch)
    done = fake_host.run("sessions", awk=each_awk)
    assert "S3cret" not in done.stdout
    assert "jane" not in done.stdout
    told = facts("sessions", done.stdout)
    if how == "journal":
        assert len(told) == 6
        return
    assert [(s.kind, s.user, s.from_ip, s.did) for s in told if isinstance(s, Session)] == [
        ("login", "root", "10.0.0.2", ""),
        ("login", "", "10.0.0.9", ""),
        ("sudo", "", "", "systemctl restart nova-compute"),
        ("sudo", "ubuntu", "", "mysql"),
        ("ansible", "", "", "copy /etc/nova/nova.conf"),
        ("puppet", "", "", "Nova_config[DEFAULT/cpu_allocation_ratio]/value"),
    ]
    assert [s.at.second for s in told] == [0, 1, 3, 5, 6, 8]


def test_libraries_that_are_gone(fake_host: Any, facts: Any, each_awk: str) -> None:
    fake_host.process(95, "/usr/sbin/libvirtd")
    fake_host.process(96, "/usr/bin/qemu-system-x86_64 -name x")
    line = "7f00-7f01 r-xp 00000000 08:01 99   /usr/lib/x86_64-linux-gnu/libssl.so.3{}\n"
    fake_host.file("/proc/95/maps", line.format(" (deleted)") * 3 + line.format(""))
    fake_host.file("/proc/96/maps", line.format(" (deleted)"))
    told = facts("deleted_files", fake_host.run("deleted_files", awk=each_awk).stdout)
    assert [(d.service, d.pid, d.path) for d in told if isinstance(d, DeletedFile)] == [
        ("libvirtd", 95, "/usr/lib/x86_64-linux-gnu/libssl.so.3")
    ]
