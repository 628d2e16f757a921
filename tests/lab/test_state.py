"""The lock, the holder's name, and small files that survive a crash of their writer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mitate.lab import Lab, LabBusyError
from mitate.lab.state import DEFAULT, State

_HOLD = """
import sys
from pathlib import Path
from mitate.lab.state import State
with State(Path(sys.argv[1])).locked("mitate lab up"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_the_second_learns_who_holds_the_lab(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", _HOLD, str(tmp_path)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "held\n"
        state = State(tmp_path)
        with (
            pytest.raises(LabBusyError, match=rf"held by process {first.pid} \(mitate lab up\)"),
            state.locked("x"),
        ):
            pass
        holder = state.holder()
        assert holder is not None
        assert holder.pid == first.pid
        first.kill()
    # the kernel frees the lock of the dead, whatever it left written
    assert state.holder() is None
    with state.locked("mitate lab down"):
        pass


def test_the_lock_may_be_held_twice_by_one_process_and_is_free_after_an_error(tmp_path: Path) -> None:
    state = State(tmp_path)
    with pytest.raises(ZeroDivisionError), state.locked("outer"), state.locked("inner"):
        raise ZeroDivisionError
    assert state.holder() is None


def test_no_child_inherits_the_lock(tmp_path: Path) -> None:
    state = State(tmp_path)
    with state.locked("up"):
        child = subprocess.Popen(["sleep", "60"], close_fds=False)
    try:
        assert state.holder() is None
    finally:
        child.kill()
        child.wait()


def test_a_torn_file_reads_as_empty(tmp_path: Path) -> None:
    state = State(tmp_path)
    (tmp_path / "broken.json").write_text('{"faults": ["a')
    assert state.read("broken.json") == {}


def test_labs_in_other_directories_have_other_names(tmp_path: Path) -> None:
    assert State(DEFAULT).prefix == "mitate"
    assert State(tmp_path).prefix != State(tmp_path / "other").prefix


def test_faults_in_force_are_remembered_in_order_and_hidden_ones_marked(tmp_path: Path) -> None:
    lab = Lab.at(tmp_path)
    lab.note_broken("first")
    lab.note_broken("second", hidden=True)
    lab.note_broken("third")
    assert lab.broken() == ["first", "second", "third"]
    lab.note_mended("first")
    again = Lab.at(tmp_path)
    assert again.broken() == ["second", "third"]
    assert again.hidden() == ["second"]
    again.note_mended("second")
    assert again.hidden() == []
