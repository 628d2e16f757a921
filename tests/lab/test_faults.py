"""The catalogue of faults: each is complete, and names a check that exists. One of them live."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from mitate.analyze.check import all_checks
from mitate.analyze.drift.earlier import CHECK as CHANGED_SINCE
from mitate.analyze.placement.filters._filter import all_filters
from mitate.lab import Lab, LabBusyError, LabError, faults
from mitate.lab.faults import (
    DRIVERS,
    Drifted,
    Expected,
    Fault,
    Logged,
    Placed,
    Traced,
    all_faults,
    break_fault,
    broken,
    mend_all,
    mend_fault,
)
from mitate.lab.topology import CLOUD_HOSTS, HOSTS
from mitate.model.path_reasons import PATH_REASONS
from mitate.model.placement import Stage
from mitate.model.recognise import PROJECTS

DIRECTORY = Path(faults.__file__).parent
KINDS = {
    *("host", "service", "agent", "endpoint", "filesystem", "config"),
    *("server", "port", "network", "router", "floating_ip", "flavor", "provider", "zone"),
}


def test_every_file_is_a_fault() -> None:
    files = {path.stem for path in DIRECTORY.glob("*.py") if not path.name.startswith("_")}
    assert set(all_faults()) == files
    assert len(files) >= 26


@pytest.mark.parametrize("fault", all_faults().values(), ids=lambda fault: str(fault.id))
def test_a_fault_is_complete(fault: Fault) -> None:
    assert re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)+", fault.id)
    assert fault.title and not fault.title.endswith(".") and "\n" not in fault.title
    assert len(fault.sees) > 60, "what a person would see"
    assert callable(fault.break_) and callable(fault.mend)
    assert fault.drivers and set(fault.drivers) <= set(DRIVERS)
    assert fault.expected
    for expected in fault.expected:
        if isinstance(expected, Traced):
            assert expected.at in {"", *CLOUD_HOSTS}
        elif isinstance(expected, Logged):
            assert expected.host in {"", *CLOUD_HOSTS}
            assert expected.file.startswith(f"{expected.project}/") or expected.says, "any failure would do"
        elif isinstance(expected, Drifted):
            assert expected.host in CLOUD_HOSTS
            assert bool(expected.file) == bool(expected.line)
            assert "\n" not in expected.line
        elif isinstance(expected, Placed):
            assert expected.at in {"", *CLOUD_HOSTS}
            assert expected.stage in list(Stage)
            assert bool(expected.by) != bool(expected.first_cause), "who refuses, or what failed before"
            assert expected.changed or not expected.change, "a change that nobody tries"
            assert (
                not any(word.startswith("-") for word in expected.request[:1])
                or "--flavor" in expected.request
            )
        else:
            assert expected.kind in KINDS
            assert expected.host in {"", *(host.name for host in HOSTS)}
            assert expected.name_has, "some other subject would do as well"


@pytest.mark.parametrize("fault", all_faults().values(), ids=lambda fault: str(fault.id))
def test_what_is_expected_is_a_check_or_a_reason_that_exists(fault: Fault) -> None:
    checks, reasons = {check.id for check in all_checks()}, {reason.code for reason in PATH_REASONS}
    for expected in fault.expected:
        if isinstance(expected, Placed):
            assert expected.first_cause in {"", *checks}
            assert not expected.by.endswith("Filter") or expected.by in all_filters()
        elif isinstance(expected, Logged):
            assert expected.project in PROJECTS
        elif isinstance(expected, Drifted):
            assert expected.check in ({CHANGED_SINCE} if expected.beside_healthy else checks)
        else:
            assert expected.id in (reasons if isinstance(expected, Traced) else checks)


def test_a_trace_is_asked_for_as_the_command_takes_it() -> None:
    traced = Traced(
        "external:{vm2}", "vm1", "EP_DUP_IP", proto="tcp", port=80, size=1450, options=("--live",)
    )
    words = "external:10.10.0.9 vm1 --proto tcp --port 80 --size 1450 --live"
    assert traced.arguments({"vm2": "10.10.0.9"}) == words.split()


@pytest.mark.parametrize(
    ("reason", "met"),
    [
        ({"code": "RTR_NO_ROUTE", "at": {"host": "network"}}, True),
        ({"code": "RTR_NO_ROUTE", "at": {"host": "compute1"}}, False),
        ({"code": "RTR_BLACKHOLE", "at": {"host": "network"}}, False),
        ({"code": "RTR_NO_ROUTE", "at": None}, False),
        ({}, False),
    ],
)
def test_a_reason_is_the_expected_one_in_all_respects(reason: dict[str, object], met: bool) -> None:
    assert Traced("vm1", "vm2", "RTR_NO_ROUTE", at="network").is_met_by(reason) is met


@pytest.mark.parametrize(
    ("changed", "met"),
    [
        ({}, True),
        ({"check": "agent_process_stopped"}, False),
        ({"kind": "service"}, False),
        ({"name": "L3 agent on network"}, False),
        ({"host": "compute2"}, False),
    ],
)
def test_a_finding_is_the_expected_one_in_all_respects(changed: dict[str, str], met: bool) -> None:
    expected = Expected("agent_process_frozen", "agent", "Linux bridge agent", "compute1")
    told = {
        "check": "agent_process_frozen",
        "kind": "agent",
        "name": "Linux bridge agent on compute1",
        "host": "compute1",
        **changed,
    }
    assert expected.is_met_by({"check": told.pop("check"), "subject": told}) is met


@pytest.mark.parametrize("finding", [{}, {"check": "a"}, {"check": "a", "subject": None}])
def test_a_finding_without_a_subject_is_none_that_was_expected(finding: dict[str, object]) -> None:
    assert not Expected("a", "host").is_met_by(finding)


@pytest.mark.parametrize(
    ("changed", "agrees", "met"),
    [
        ({}, True, True),
        ({"verdict": "FITS"}, False, False),
        ({"stage": "filters"}, False, False),
        ({"stage": None}, False, False),
        ({"hosts": [{"host": "compute1", "rejected_by": "VCPU"}]}, True, False),
        ({"hosts": []}, True, False),
        ({"hosts": None}, True, False),
        ({"first_cause": {"check": "port_binding_failed"}}, True, False),
    ],
)
def test_an_answer_is_the_expected_one_in_all_respects(
    changed: dict[str, object], agrees: bool, met: bool
) -> None:
    """Verdict and stage are half of it: it must also name who refuses, on that host."""
    refused = [{"host": "compute2", "rejected_by": "VCPU"}, {"host": "compute1", "rejected_by": "DISK_GB"}]
    answer = {"verdict": "NO_HOST", "stage": "placement", "hosts": refused, "first_cause": None, **changed}
    placed = Placed(("deep",), "placement", "DISK_GB", at="compute1")
    assert placed.agrees_with(answer) is agrees
    assert placed.is_met_by(answer) is met


def test_an_echo_is_the_expected_one_by_its_first_cause() -> None:
    echo = Placed(("outside",), "spawn", first_cause="port_binding_failed")
    answer: dict[str, object] = {"verdict": "NO_HOST", "stage": "spawn", "hosts": [], "first_cause": None}
    assert not echo.is_met_by(answer)
    assert echo.is_met_by({**answer, "first_cause": {"check": "port_binding_failed"}})


def test_an_unknown_fault_is_one_sentence(tmp_path: Path) -> None:
    lab = Lab.at(tmp_path)
    for verb in (break_fault, mend_fault):
        with pytest.raises(LabError, match="There is no fault called nonsense"):
            verb(lab, "nonsense")


def test_what_is_in_force_is_not_broken_again(tmp_path: Path) -> None:
    lab = Lab.at(tmp_path)
    lab.note_broken("rabbitmq_stopped")
    with pytest.raises(LabError, match="mitate lab mend rabbitmq_stopped"):
        break_fault(lab, "rabbitmq_stopped")


def test_a_fault_of_another_driver_is_refused(tmp_path: Path) -> None:
    lab = Lab.at(tmp_path)
    lab.state.write("run.json", {"release": "bookworm", "driver": "ovs"})
    with pytest.raises(
        LabError, match="linuxbridge_agent_frozen needs a cloud of linuxbridge; this one has ovs"
    ):
        break_fault(lab, "linuxbridge_agent_frozen")
    assert broken(lab) == []


def test_a_fault_that_fakes_would_undo_is_refused(tmp_path: Path) -> None:
    lab = Lab.at(tmp_path)
    lab.state.write("run.json", {"release": "bookworm", "driver": "linuxbridge", "fakes": 10})
    with pytest.raises(LabError, match="image_data_corrupt needs a cloud without fake computes; this one"):
        break_fault(lab, "image_data_corrupt")
    assert broken(lab) == []


def test_an_interrupted_break_is_noted(tmp_path: Path) -> None:
    """On a lab that does not run, nothing can be broken; that it was tried is remembered all the same."""
    lab = Lab.at(tmp_path)
    with pytest.raises(LabError):
        break_fault(lab, "l3_agent_stopped")
    assert broken(lab) == ["l3_agent_stopped"]


def test_one_fault_may_stand_in_the_way_of_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Keystone no server is deleted: what fails is tried again once the others are mended.

    The faults are made up; what is in force is noted by the real lab, which does not run.
    """
    lab = Lab.at(tmp_path)
    mended: list[str] = []

    def needs_keystone(lab: Lab) -> None:
        if "keystone_gone" not in mended:
            raise LabError("Keystone does not answer.")
        mended.append("server_left")

    def fault(name: str, mend: Callable[[Lab], None]) -> Fault:
        return Fault(name, name, "", (Expected(name, "host"),), mend, mend)

    made = [
        fault("keystone_gone", lambda lab: mended.append("keystone_gone")),
        fault("server_left", needs_keystone),
    ]
    monkeypatch.setattr(faults, "all_faults", lambda: {each.id: each for each in made})
    for each in made:
        lab.note_broken(each.id)
    assert [each.id for each in mend_all(lab)] == ["keystone_gone", "server_left"]
    assert mended == ["keystone_gone", "server_left"]
    assert broken(lab) == []


def test_what_cannot_be_mended_is_told_and_stays_noted(tmp_path: Path) -> None:
    lab = Lab.at(tmp_path)  # it does not run, so nothing can be mended
    lab.note_broken("l3_agent_stopped")
    with pytest.raises(LabError, match="not running"):
        list(mend_all(lab, within_s=0))
    assert broken(lab) == ["l3_agent_stopped"]


@pytest.mark.lab
def test_a_fault_is_broken_and_mended_twice() -> None:
    """On the practice cloud: it shows, it is noted, it is mended, and mending what is whole does no harm."""
    if os.geteuid() != 0:
        pytest.skip("the practice cloud needs root")
    lab = Lab.at()
    if not lab.is_up():
        pytest.skip("the practice cloud is not up: mitate lab up")
    with ExitStack() as held:
        try:
            held.enter_context(lab.locked("test of a fault"))
        except LabBusyError as error:
            pytest.skip(str(error))
        if lab.broken():
            pytest.skip("another fault is in force: mitate lab mend")
        try:
            break_fault(lab, "placement_stopped")
            assert broken(lab) == ["placement_stopped"]
            assert _is_active(lab) == "inactive"
        finally:
            mend_fault(lab, "placement_stopped")
        mend_fault(lab, "placement_stopped")
        assert broken(lab) == []
        assert _is_active(lab) == "active"


def _is_active(lab: Lab) -> str:
    return lab.sh("controller", "systemctl is-active placement-api", check=False).strip()
