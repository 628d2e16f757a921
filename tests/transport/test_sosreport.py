"""Sosreports as places. The reports are made up: files and commands as sos names them."""

from __future__ import annotations

import asyncio
import io
import os
import tarfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mitate.collect.question import Answer, SosRoot
from mitate.collect.transport.sosreport import SosPlace, open_sosreports
from mitate.model.errors import CannotSee, CannotStart

FILES = {
    "hostname": "compute1.example.org\n",
    "sos_commands/host/hostname": "compute1.example.org\n",
    "sos_commands/date/date_--utc": "Sun Nov 22 15:14:00 UTC 2026\n",
    "sos_commands/process/ps_auxwww": "nova-compute\n",
    "etc/nova/nova.conf": "[DEFAULT]\n",
    "var/log/nova/nova-compute.log": "one\n",
    "var/log/nova/nova-compute.log.1": "zero\n",
}


def unpack(where: Path, files: Mapping[str, str] = FILES) -> Path:
    for name, text in files.items():
        file = where / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return where


def ask(place: SosPlace, registry: Any) -> Mapping[str, Answer | CannotSee]:
    return asyncio.run(place.ask(registry.questions))


def refused(*paths: Path) -> str:
    with pytest.raises(CannotStart) as caught:
        open_sosreports(paths)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def asked(registry: Any) -> Any:
    def logs(root: SosRoot) -> str:
        return "".join(f"{path}: {text}" for path, text in root.files("var/log/nova/*.log*"))

    def broken(root: SosRoot) -> str:
        raise ValueError("no table")

    registry.host(
        "ps",
        "ps",
        sosreport=lambda root: root.read("sos_commands/process/ps_none", "sos_commands/*/ps_auxwww"),
    )
    registry.host("logs", "cat", sosreport=logs)
    registry.host("missing", "cat", sosreport=lambda root: root.read("etc/none", "etc/no/*"))
    registry.host("broken", "cat", sosreport=broken)
    registry.host("never", "cat")
    registry.host("small", "cat", limit=4, sosreport=lambda root: root.read("sos_commands/process/ps_auxwww"))
    return registry


@pytest.fixture(params=["directory", "xz", "gz", "bz2"])
def report(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    name = "sosreport-compute1-0001-2026-11-22-abcdefg"
    directory = unpack(tmp_path / name)
    if request.param == "directory":
        return directory
    archive = tmp_path / f"{name}.tar.{request.param}"
    with tarfile.open(archive, f"w:{request.param}") as tar:  # type: ignore[call-overload]
        tar.add(directory, name)
    return archive


def test_a_report_answers_what_it_can(report: Path, asked: Any) -> None:
    (place,) = open_sosreports([report])
    told = ask(place, asked)
    ps, small = told["ps"], told["small"]
    assert isinstance(ps, Answer)
    assert (ps.host, ps.text, ps.at) == (
        "compute1.example.org",
        "nova-compute\n",
        datetime(2026, 11, 22, 15, 14, tzinfo=UTC),
    )
    logs = told["logs"]
    assert isinstance(logs, Answer)
    assert logs.text == "var/log/nova/nova-compute.log: one\nvar/log/nova/nova-compute.log.1: zero\n"
    assert str(told["missing"]) == "not in the sosreport: etc/none or etc/no/*"
    assert str(told["never"]) == "a sosreport does not hold it"
    assert isinstance(told["broken"], CannotSee)
    assert isinstance(small, Answer)
    assert (small.text, small.cut) == ("nova", True)
    assert place.contact.reached


def test_links_do_not_lead_out_of_a_report(tmp_path: Path, asked: Any) -> None:
    (tmp_path / "private").write_text("private")
    root = unpack(tmp_path / "report")
    (root / "etc/none").symlink_to(tmp_path / "private")
    (root / "etc/no").symlink_to("/etc")
    (place,) = open_sosreports([root])
    told = ask(place, asked)
    assert isinstance(told["missing"], CannotSee)
    inside = root / "sos_commands/process/ps_none"
    inside.symlink_to("../host/hostname")
    assert ask(place, asked)["ps"].text == "compute1.example.org\n"  # type: ignore[union-attr]


def test_patterns_do_not_lead_out_of_a_report(tmp_path: Path, registry: Any) -> None:
    (tmp_path / "private").write_text("private")
    registry.host("up", "cat", sosreport=lambda root: root.read("../private", "etc/../../private"))
    (place,) = open_sosreports([unpack(tmp_path / "report")])
    assert isinstance(ask(place, registry)["up"], CannotSee)


def test_an_archive_writes_nothing_outside_of_its_own_directory(tmp_path: Path, asked: Any) -> None:
    archive = tmp_path / "evil.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(unpack(tmp_path / "report"), "report")
        for name in ("../evil", "report/../../evil", str(tmp_path / "evil"), "report/out/evil"):
            if name == "report/out/evil":
                link = tarfile.TarInfo("report/out")
                link.type, link.linkname = tarfile.SYMTYPE, "../../../../../../../" + str(tmp_path)
                tar.addfile(link)
            member = tarfile.TarInfo(name)
            member.size = 4
            tar.addfile(member, io.BytesIO(b"evil"))
        device = tarfile.TarInfo("report/etc/none")
        device.type = tarfile.CHRTYPE
        tar.addfile(device)
    (place,) = open_sosreports([archive])
    assert isinstance(ask(place, asked)["missing"], CannotSee)
    assert not (tmp_path / "evil").exists()


def test_a_truncated_archive_is_used_as_far_as_it_goes(tmp_path: Path, asked: Any) -> None:
    archive = tmp_path / "sos.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(unpack(tmp_path / "report"), "report")
        noise = tarfile.TarInfo("report/var/log/noise")
        noise.size = 500_000
        tar.addfile(noise, io.BytesIO(os.urandom(500_000)))
    archive.write_bytes(archive.read_bytes()[:-100_000])
    (place,) = open_sosreports([archive])
    assert isinstance(ask(place, asked)["ps"], Answer)


def test_of_two_reports_of_a_host_the_younger_counts(tmp_path: Path) -> None:
    old = unpack(tmp_path / "old")
    new = unpack(
        tmp_path / "new", {**FILES, "sos_commands/date/date_--utc": "Mon 23 Nov 2026 03:14:00 PM UTC\n"}
    )
    (place,) = open_sosreports([new, old])
    assert place.contact.source.at == datetime(2026, 11, 23, 15, 14, tzinfo=UTC)


def test_the_name_when_the_report_does_not_tell_it(tmp_path: Path) -> None:
    files = {name: text for name, text in FILES.items() if "hostname" not in name}
    (place,) = open_sosreports([unpack(tmp_path / "sosreport-compute7-0001-2026-11-22-abc", files)])
    assert place.name == "compute7"


def test_what_is_no_sosreport(tmp_path: Path) -> None:
    (tmp_path / "file.tar.xz").write_text("hello")
    (tmp_path / "dir").mkdir()
    with tarfile.open(tmp_path / "other.tar.gz", "w:gz") as tar:
        tar.add(unpack(tmp_path / "home", {"readme": "hello"}), "home")
    (tmp_path / "cut.tar.xz").write_bytes(b"\xfd7zXZ\x00rest")
    assert "is no sosreport: neither a directory nor an archive" in refused(tmp_path / "file.tar.xz")
    assert "is no sosreport: it has no sos_commands" in refused(tmp_path / "dir")
    assert "is no sosreport: it has no sos_commands" in refused(tmp_path / "other.tar.gz")
    assert "is no sosreport that can be read" in refused(tmp_path / "cut.tar.xz")
    assert "cannot be read: No such file" in refused(tmp_path / "none.tar.xz")


def test_another_kind_of_machine(tmp_path: Path) -> None:
    desk = unpack(tmp_path / "desk", {"hostname": "desk", "sos_commands/host/hostname": "desk"})
    assert (
        refused(unpack(tmp_path / "good"), desk)
        == f"{desk} is of a machine without OpenStack: nothing of it is in there"
    )
