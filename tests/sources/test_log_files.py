"""Which logs there are, how large, and which of them the services have open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mitate.model.host import LogFile, OpenLog

COMPUTE = "/usr/bin/python3 /usr/bin/nova-compute --config-file=/etc/nova/nova.conf"
LOG = "/var/log/nova/nova-compute.log"


def opened(fake_host: Any, pid: int, *paths: str) -> None:
    directory = fake_host.root / f"proc/{pid}/fd"
    directory.mkdir()
    for number, path in enumerate(paths):
        (directory / str(number)).symlink_to(path)


def test_logs_and_who_has_them_open(fake_host: Any, each_shell: str, each_awk: str) -> None:
    fake_host.file(LOG, "x" * 100)
    fake_host.process(95, COMPUTE)
    opened(fake_host, 95, "/dev/null", "socket:[17]", LOG, f"{LOG}.1 (deleted)", LOG)
    fake_host.process(96, "/usr/sbin/chronyd -F 1")
    opened(fake_host, 96, "/var/log/chrony/tracking.log")
    told = fake_host.ask("log_files", shell=each_shell, awk=each_awk)
    assert [(f.service, f.file, f.size_bytes) for f in told if isinstance(f, LogFile)] == [
        ("nova-compute", LOG, 100)
    ]
    assert [(f.service, f.pid, f.file, f.deleted) for f in told if isinstance(f, OpenLog)] == [
        ("nova-compute", 95, LOG, False),
        ("nova-compute", 95, f"{LOG}.1", True),
    ]


def test_without_services_there_is_nothing(fake_host: Any) -> None:
    assert fake_host.ask("log_files") == []


def test_nobody_may_see_what_is_open(fake_host: Any) -> None:
    fake_host.file(LOG, "x")
    fake_host.process(95, COMPUTE)
    done = fake_host.run("log_files")
    assert done.returncode == 1
    assert "may not see" in done.stderr


def test_a_name_that_means_harm_does_not_travel(fake_host: Any) -> None:
    fake_host.process(95, COMPUTE)
    opened(fake_host, 95, "/var/log/nova/a\tb.log", "/var/log/nova/$(reboot).log", str(Path(LOG)))
    assert [f.file for f in fake_host.ask("log_files")] == [LOG]
