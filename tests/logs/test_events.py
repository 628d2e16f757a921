"""Lines joined to events, out of files of every kind."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from mitate.collect.logs.events import read
from mitate.collect.logs.find import logs_at
from mitate.model.errors import CannotSee, CannotStart
from mitate.model.logs import Event, Frame

HEAD = "2026-11-22 15:32:01.453 95 ERROR nova.compute.manager "
ID = "[instance: 8fd71303-f915-4cbc-bc8f-70ed05ab1dfe] "
PACKAGES = "/usr/lib/python3/dist-packages"
TRACE = [
    f"{HEAD}[None req-aa u p - - - -] {ID}Instance failed to spawn: KeyError",
    f"{HEAD}{ID}Traceback (most recent call last):",
    f'{HEAD}{ID}  File "{PACKAGES}/nova/virt/driver.py", line 3, in get',
    f"{HEAD}{ID}    return x[0]",
    f"{HEAD}{ID}KeyError: 0",
    f"{HEAD}{ID}",
    f"{HEAD}{ID}During handling of the above exception, another exception occurred:",
    f"{HEAD}{ID}",
    f"{HEAD}{ID}Traceback (most recent call last):",
    f'{HEAD}{ID}  File "{PACKAGES}/nova/compute/manager.py", line 9, in spawn',
    f"{HEAD}{ID}nova.exception.NovaException: no",
]
INFO = "2026-11-22 15:32:02.000 95 INFO nova.compute.manager [None req-bb u p - - - -] Took 5.0 seconds"
OTHER = "2026-11-22 15:32:01.453 96 INFO nova.compute.manager [None req-cc u p - - - -] Something else"


def events(tmp_path: Path, *lines: str, matching: re.Pattern[bytes] | None = None) -> list[Event]:
    path = tmp_path / "logs/c1/var/log/nova/nova-compute.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")
    with logs_at([tmp_path / "logs"]) as logs:
        return [event for file in logs.files for event in read(file, matching)]


def test_traceback_is_one_event(tmp_path: Path) -> None:
    first, last = events(tmp_path, *TRACE, INFO)
    assert (first.host, first.service, first.project) == ("c1", "nova-compute", "nova")
    assert (first.request, first.resource[:8]) == ("req-aa", "8fd71303")
    assert first.frames == (Frame("nova/virt/driver.py", "get", 3),)
    assert (first.cause, first.exception) == ("KeyError: 0", "nova.exception.NovaException: no")
    assert last.message == "Took 5.0 seconds"


def test_two_processes_write_at_once(tmp_path: Path) -> None:
    mixed = [line for pair in zip(TRACE, [OTHER] * len(TRACE), strict=True) for line in pair]
    found = events(tmp_path, *mixed, INFO)
    assert [len(event.lines) for event in found if event.level == "ERROR"] == [len(TRACE) - 1]
    assert len(found) == len(TRACE) + 2


def test_two_failures_in_a_row_are_two(tmp_path: Path) -> None:
    assert len(events(tmp_path, *TRACE, *TRACE)) == 2


def test_traceback_without_prefix(tmp_path: Path) -> None:
    bare = [line.replace(HEAD, "").partition("] ")[2] for line in TRACE[1:5]]
    (event,) = events(tmp_path, TRACE[0], *bare)
    assert event.frames == (Frame("nova/virt/driver.py", "get", 3),)
    assert event.exception == "KeyError: 0"


@pytest.mark.parametrize(
    "raised", ["AttributeError: no ports", "neutronclient.common.exceptions.NetworkNotFoundClient: Network 7"]
)
def test_what_nobody_caught_is_in_the_journal_alone(tmp_path: Path, raised: str) -> None:
    """A green thread of an agent dies: its traceback goes to standard error, without level and logger."""
    prefix = "2026-11-28T05:26:36.847659+0000 network neutron-dhcp-agent[159]: "
    file = f'  File "{PACKAGES}/neutron/agent/dhcp/agent.py", line 594, in reload_allocations'
    lines = ("Traceback (most recent call last):", file, "    LOG.info(", raised)
    (event,) = events(tmp_path, *(prefix + line for line in lines))
    assert (event.service, event.exception) == ("neutron-dhcp-agent", raised)
    assert event.frames == (Frame("neutron/agent/dhcp/agent.py", "reload_allocations", 594),)


def test_traceback_of_a_callee(tmp_path: Path) -> None:
    """oslo.messaging raises again what the callee raised, with its traceback as text."""
    remote = [
        f"{HEAD}Traceback (most recent call last):",
        f'{HEAD}  File "{PACKAGES}/nova/conductor/manager.py", line 7, in build',
        f"{HEAD}nova.exception_Remote.NoValidHost_Remote: No valid host was found.",
        f"{HEAD}Traceback (most recent call last):",
        f"{HEAD}",
        f'{HEAD}  File "{PACKAGES}/nova/scheduler/manager.py", line 8, in select',
        f"{HEAD}",
    ]
    (event,) = events(tmp_path, TRACE[0], *remote)
    assert [frame.file for frame in event.frames] == ["nova/conductor/manager.py"]
    assert [frame.file for frame in event.remote] == ["nova/scheduler/manager.py"]


@pytest.mark.parametrize("pattern", [rb" ERROR ", rb"req-aa", rb"Traceback"])
def test_only_what_matches(tmp_path: Path, pattern: bytes) -> None:
    """What matches comes with all that belongs to it, whichever of its lines matched."""
    whole = events(tmp_path, INFO, *TRACE, INFO)
    found = events(tmp_path, INFO, *TRACE, INFO, matching=re.compile(pattern))
    assert found == [event for event in whole if event.level == "ERROR"]


PACKERS: dict[str, Callable[[bytes], bytes]] = {"gz": gzip.compress, "xz": lzma.compress, "bz2": bz2.compress}


@pytest.mark.parametrize("packed", [*PACKERS, "zst"])
def test_compressed(tmp_path: Path, packed: str) -> None:
    text = "\n".join([*TRACE, INFO]).encode()
    file = tmp_path / f"nova-compute.log.1.{packed}"
    if packed == "zst":
        if not shutil.which("zstd"):
            pytest.skip("zstd is not installed")
        file.write_bytes(subprocess.run(["zstd", "-cq"], input=text, capture_output=True, check=True).stdout)
    else:
        file.write_bytes(PACKERS[packed](text))
    with logs_at([tmp_path]) as logs:
        (log,) = logs.files
        assert log.service == "nova-compute"
        assert len(list(read(log))) == 2


def test_truncated_gz_gives_what_is_whole(tmp_path: Path) -> None:
    text = "\n".join([INFO.replace("5.0", str(n * 7919 % 1000)) for n in range(5000)]).encode()
    file = tmp_path / "nova-compute.log.1.gz"
    file.write_bytes(gzip.compress(text)[:-2000])
    found: list[Event] = []
    with logs_at([tmp_path]) as logs, pytest.raises(CannotSee, match="damaged or cut off"):
        found.extend(read(logs.files[0]))
    assert len(found) > 100


def test_archive(tmp_path: Path) -> None:
    """A customer's tarball; what points out of it stays in it."""
    path = tmp_path / "logs.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        for name in (
            "c1/var/log/nova/nova-compute.log",
            "../../evil.log",
            "/abs/nova-api.log",
            "c1/etc/nova.conf",
        ):
            data = "\n".join([*TRACE, INFO]).encode()
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
        link = tarfile.TarInfo("c1/var/log/nova/nova-api.log")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    with logs_at([path]) as logs:
        (log,) = logs.files
        assert (log.host, log.service) == ("c1", "nova-compute")
        unpacked = log.path
    assert not unpacked.exists()
    assert not (tmp_path.parent / "evil.log").exists()


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="no log"), logs_at([tmp_path]):
        pass
    with pytest.raises(CannotStart, match="there is no"), logs_at([tmp_path / "x"]):
        pass


@pytest.mark.parametrize("matching", [None, re.compile(rb"ERROR|Traceback")])
def test_hostile(tmp_path: Path, matching: re.Pattern[bytes] | None) -> None:
    """No text, NULs, a line without an end: what is readable is read."""
    file = tmp_path / "nova-api.log"
    with file.open("wb") as out:
        out.write(b"\xff\xfe\0\0\n" + TRACE[0].encode() + b"\n")
        out.write(b"A" * 5_000_000 + b"\n")
        out.write(b"\0" * 1000 + INFO.encode() + b"\n\x1b]0;title\x07\x1b[2J\n" + bytes(range(256)))
    with logs_at([tmp_path]) as logs:
        found = list(read(logs.files[0], matching))
    assert [event.level for event in found if event.level] == ["ERROR"] + ["INFO"] * (matching is None)
    assert max(len(line) for event in found for line in (event.message, *event.lines)) <= 4000


def test_journal_export(tmp_path: Path) -> None:
    message = "\n".join(["ERROR nova.virt [None req-aa u p] no", *TRACE[1:5]]).encode()
    entry = b"__CURSOR=1\n__REALTIME_TIMESTAMP=1795361521453000\n_HOSTNAME=c1\n"
    entry += b"_SYSTEMD_UNIT=nova-compute.service\n"
    entry += b"_PID=95\nMESSAGE\n" + len(message).to_bytes(8, "little") + message + b"\n\n"
    (tmp_path / "export").write_bytes(entry * 2)
    with logs_at([tmp_path]) as logs:
        first, second = read(logs.files[0])
    assert (first.host, first.service, first.request, first.at) == (
        "c1",
        "nova-compute",
        "req-aa",
        1795361521.453,
    )
    assert second.position == len(entry)
    assert first.lines == second.lines
    assert first.lines
