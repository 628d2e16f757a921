"""Nothing is left of a lab: after `down`, after `kill -9` of `up`, and after every process of it was killed.

These labs live in directories of their own beside the real one, with names of their own, and borrow its base.
They are brought up just far enough to have running hosts.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mitate.lab import Lab, LabBusyError, machine
from mitate.lab.base import Base
from mitate.lab.hosts import pids
from mitate.lab.recipe import load
from mitate.lab.state import State

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(os.geteuid() != 0, reason="the practice cloud needs root"),
    pytest.mark.skipif(
        any(shutil.which(tool) is None for tool in machine.TOOLS), reason="lacks tools of the practice cloud"
    ),
]

_UP = "import sys; from pathlib import Path; from mitate.lab import Lab; Lab.at(Path(sys.argv[1])).up()"


def _home() -> State:
    return State()


@pytest.fixture
def lab(request: pytest.FixtureRequest) -> Iterator[Lab]:
    """A lab beside the real one, gone afterwards."""
    home = _home().directory
    directory = home.with_name(f"test-{os.getpid()}-{abs(hash(request.node.name)) % 9999}")
    directory.mkdir(parents=True)
    beside = Lab.at(directory)
    try:
        yield beside
    finally:
        beside.down()
        shutil.rmtree(directory)


def _borrow_base(lab: Lab) -> None:
    home = _home()
    if not Base(home, load(), machine.cgroup_root() / "none").is_built():
        pytest.skip("no base has been built on this machine yet (`mitate lab up`)")
    (lab.state.directory / "bases").symlink_to(home.bases)


def _start_up(lab: Lab) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", _UP, str(lab.state.directory)], start_new_session=True)


def _until(what: str, condition: Callable[[], bool], limit: float = 60) -> None:
    deadline = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        time.sleep(0.1)


def remains(lab: Lab) -> list[str]:
    """Everything of the lab that is not a plain file."""
    prefix, directory = lab.state.prefix, str(lab.state.directory)
    groups = [path for path in machine.cgroup_root().iterdir() if path.name.startswith(f"{prefix}-")]
    found = [f"cgroup {path.name} {pids(path)}" for path in groups]
    found += [f"namespace {name}" for name in lab.fabric.existing()]
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    found += [f"mount {line}" for line in mounts if directory in line or f"{prefix}-" in line]
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            held = {
                str((entry / "root").readlink()),
                (entry / "cmdline").read_bytes().decode(errors="replace"),
            }
        except OSError:
            continue
        found += [f"process {entry.name} {what}" for what in held if directory in what]
    return found


def _hosts_run(lab: Lab) -> bool:
    return all(lab.hosts[name].is_running() for name in ("controller", "operator", "client"))


def test_kill_9_of_up_then_down_leaves_nothing(lab: Lab) -> None:
    _borrow_base(lab)
    up = _start_up(lab)
    _until("hosts run", lambda: _hosts_run(lab))
    with pytest.raises(LabBusyError, match=rf"process {up.pid} "):
        Lab.at(lab.state.directory).down()
    up.kill()
    up.wait()
    assert remains(lab)
    assert lab.hosts["controller"].is_running()  # the hosts outlive what started them
    lab.down()
    assert remains(lab) == []


def test_all_processes_killed_from_outside_then_up_and_down(lab: Lab) -> None:
    _borrow_base(lab)
    for _ in range(2):
        # the second round starts with what the first one left: cgroups, namespaces, cables
        up = _start_up(lab)
        _until("hosts run", lambda: _hosts_run(lab))
        up.kill()
        up.wait()
        for pid in [pid for host in lab.hosts.values() for pid in pids(host.cgroup)]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        _until("they are dead", lambda: not any(pids(host.cgroup) for host in lab.hosts.values()))
        assert remains(lab)
    lab.down()
    assert remains(lab) == []


def test_kill_9_while_the_base_is_built(lab: Lab) -> None:
    lab.state.prepare()
    (lab.state.cache).rmdir()
    (lab.state.cache).symlink_to(_home().cache)
    up = _start_up(lab)
    partial = lab.state.bases / f"{load().release}.partial"
    _until("the base grows", lambda: (partial / "usr").exists() or up.poll() is not None, 120)
    if up.poll() is not None:
        pytest.skip("no base can be built here (is the package mirror reachable?)")
    up.kill()
    up.wait()
    assert remains(lab)
    lab.down()
    assert remains(lab) == []


def test_down_of_a_lab_that_never_was(lab: Lab) -> None:
    lab.down()
    assert remains(lab) == []
