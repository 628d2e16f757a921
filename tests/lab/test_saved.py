"""The saved states of a lab: one for each driver, none lost when another is taken."""

from __future__ import annotations

import itertools
import time
from pathlib import Path

import pytest

from mitate.lab import Lab, LabError, recipe, saved
from mitate.lab.state import State

LINUXBRIDGE, OVS = recipe.load(driver="linuxbridge"), recipe.load(driver="ovs")


@pytest.fixture
def state(tmp_path: Path) -> State:
    state = State(tmp_path)
    state.prepare()
    return state


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """States are named after the second they are taken in: here each look at the clock is another second."""
    seconds = itertools.count()
    monkeypatch.setattr(time, "strftime", lambda form, moment: f"T{next(seconds):02}")


def test_each_driver_has_its_own_and_a_new_one_replaces_only_its_own_old_one(state: State) -> None:
    saved.take(state, {}, LINUXBRIDGE, ("vm1", "vm2"))
    saved.take(state, {}, OVS, ("vm1",))
    first = saved.load(state, LINUXBRIDGE)
    assert first is not None and first.servers == ("vm1", "vm2") and first.driver == "linuxbridge"
    saved.take(state, {}, LINUXBRIDGE, ())
    again, other = saved.load(state, LINUXBRIDGE), saved.load(state, OVS)
    assert again is not None and again.servers == () and again.directory != first.directory
    assert other is not None and other.servers == ("vm1",) and other.fingerprint == OVS.fingerprint()
    assert sorted(state.saved.iterdir()) == sorted([again.directory, other.directory])
    assert saved.every(state) == [other, again]


def test_each_number_of_fake_computes_has_its_own(state: State) -> None:
    saved.take(state, {}, LINUXBRIDGE, ("vm1",))
    saved.take(state, {}, recipe.load(fakes=10), ("vm2",))
    plain, faked = saved.load(state, LINUXBRIDGE), saved.load(state, recipe.load(fakes=10))
    assert plain is not None and plain.servers == ("vm1",) and plain.fakes == 0
    assert faked is not None and faked.servers == ("vm2",) and faked.fakes == 10
    assert saved.load(state, recipe.load(fakes=9)) is None


def test_without_its_copy_a_state_is_none(state: State) -> None:
    saved.take(state, {}, OVS, ())
    kept = saved.load(state, OVS)
    assert kept is not None
    kept.directory.rmdir()
    assert saved.load(state, OVS) is None
    assert saved.every(state) == []


@pytest.mark.parametrize("content", [{}, {"states": None}, {"states": [None, 1, {}]}, {"state": 5}])
def test_what_is_no_saved_state_is_none(state: State, content: dict[str, object]) -> None:
    state.write("saved.json", content)
    assert saved.every(state) == []


def test_the_only_state_of_a_lab_may_stand_alone(state: State) -> None:
    (state.saved / "s1").mkdir()
    about = {
        "release": "bookworm",
        "driver": "linuxbridge",
        "fingerprint": "f",
        "servers": [],
        "taken_at": 1.0,
    }
    state.write("saved.json", {**about, "state": "s1"})
    found = saved.load(state, LINUXBRIDGE)
    assert found is not None and found.directory == state.saved / "s1"
    saved.take(state, {}, OVS, ())
    assert saved.load(state, LINUXBRIDGE) == found


def test_what_ran_last_is_what_comes_up_next(tmp_path: Path) -> None:
    lab = Lab.at(tmp_path)
    assert (lab.recipe().release, lab.recipe().driver) == ("bookworm", "linuxbridge")
    lab.state.write("run.json", {"release": "bookworm", "driver": "ovs"})
    assert lab.recipe().driver == "ovs"
    assert lab.recipe(driver="linuxbridge").driver == "linuxbridge"
    assert lab.recipe().fakes == 0 and "fake1" not in lab.hosts


def test_a_lab_has_the_fake_computes_that_it_ran_with_last(tmp_path: Path) -> None:
    lab = Lab.at(tmp_path)
    lab.state.write("run.json", {"release": "bookworm", "driver": "ovs", "fakes": 2})
    assert lab.recipe().fakes == 2 and lab.recipe(fakes=0).fakes == 0
    assert [name for name in lab.hosts if name.startswith("fake")] == ["fake1", "fake2"]
    assert lab.host("fake2").plan.role == "fake"
    with pytest.raises(LabError, match="no host fake3"):
        lab.host("fake3")
