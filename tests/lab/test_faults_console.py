"""The serial console of a server, as faults use it.

libvirt is a fake that knows one server; its console is a real terminal with a real shell behind it, joined as
QEMU joins the host's terminal and the guest's.
"""

from __future__ import annotations

import os
import pty
import select
import subprocess
import threading
import tty
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from mitate.lab import Lab, LabError
from mitate.lab.faults._guest import inside
from mitate.lab.shell import run

VIRSH = """#!/bin/sh
case "$1" in
    list) echo instance-1 ;;
    dumpxml) echo "<nova:name>vm1</nova:name> <console><source path='{console}'/></console>" ;;
esac
"""


class FakeLab:
    """Whatever is asked of a host is run here, where `virsh` is the fake."""

    def __init__(self, programs: Path) -> None:
        self.path = f"{programs}:{os.environ['PATH']}"

    def sh(self, host: str, script: str, *, check: bool = True, timeout: float = 60) -> str:
        return run(["sh", "-c", script], check=check, timeout=timeout, env={"PATH": self.path})


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    outer, console = pty.openpty()  # QEMU's end, and the one that libvirt names
    inner, terminal = pty.openpty()
    tty.setraw(console)
    shell = subprocess.Popen(
        ["sh", "-i"], stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True
    )
    over = threading.Event()

    def join() -> None:
        while not over.is_set():
            for ready in select.select([outer, inner], [], [], 0.05)[0]:
                os.write(inner if ready == outer else outer, os.read(ready, 4096))

    joined = threading.Thread(target=join)
    joined.start()
    virsh = tmp_path / "virsh"
    virsh.write_text(VIRSH.format(console=os.ttyname(console)))
    virsh.chmod(0o755)
    try:
        yield cast("Lab", FakeLab(tmp_path))
    finally:
        over.set()
        joined.join()
        shell.kill()
        shell.wait()
        for descriptor in (outer, console, inner, terminal):
            os.close(descriptor)


def test_what_a_server_prints_comes_back_alone_and_again(lab: Lab) -> None:
    """The first time the terminal still echoes what is typed, the second time it does not."""
    for _ in range(2):
        assert inside(lab, "vm1", "echo one; echo two >&2") == "one\ntwo\n"


def test_a_bad_status_is_an_error_unless_it_may_be(lab: Lab) -> None:
    with pytest.raises(LabError):
        inside(lab, "vm1", "echo lost; false")
    assert inside(lab, "vm1", "echo lost; false", check=False) == "lost\n"


def test_a_silent_console_and_a_server_that_is_not_there(lab: Lab) -> None:
    with pytest.raises(LabError, match="the console of vm1 is silent"):
        inside(lab, "vm1", "sleep 5", timeout=1)
    with pytest.raises(LabError, match="no server called vm9 runs here"):
        inside(lab, "vm9", "true")
