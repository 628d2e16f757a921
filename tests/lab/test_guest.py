"""The initramfs is an archive that cpio reads back."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from mitate.lab.guest import newc


@pytest.mark.skipif(shutil.which("cpio") is None, reason="needs cpio to read the archive back")
def test_cpio_reads_it_back(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "bin").mkdir(parents=True)
    (tree / "bin/busybox").write_bytes(b"x" * 1021)
    (tree / "bin/busybox").chmod(0o755)
    (tree / "bin/sh").symlink_to("busybox")
    (tree / "empty").write_text("")
    back = tmp_path / "back"
    back.mkdir()
    options = ["-i", "-d", "--quiet"] + ([] if os.geteuid() == 0 else ["--no-preserve-owner"])
    subprocess.run(["cpio", *options], input=newc(tree), cwd=back, check=True)
    assert (back / "bin/busybox").read_bytes() == b"x" * 1021
    assert (back / "bin/busybox").stat().st_mode & 0o777 == 0o755
    assert (back / "bin/sh").readlink() == Path("busybox")
    assert (back / "empty").read_bytes() == b""


def test_every_entry_begins_on_a_multiple_of_four(tmp_path: Path) -> None:
    for length in range(1, 9):
        (tmp_path / ("n" * length)).write_bytes(b"c" * length)
    archive = newc(tmp_path)
    assert len(archive) % 4 == 0
    at, seen = 0, 0
    while at < len(archive):
        assert archive[at : at + 6] == b"070701"
        size = int(archive[at + 54 : at + 62], 16)
        name = int(archive[at + 94 : at + 102], 16)
        at += 110 + name + -(110 + name) % 4
        at += size + -size % 4
        seen += 1
    assert seen == 9
