"""The exam without root: every recorded broken cloud is diagnosed rightly, the healthy one is quiet.

The recordings are real answers of the practice cloud, one for each fault while it was in force
(`mitate lab exam --record tests/recordings`; those of the Open vSwitch driver below `ovs`). A new check sees
them all, so a false alarm fails here. What only a real packet can tell is not recorded.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from mitate.app import Truth, check_up, look_at_network
from mitate.cli.main import main
from mitate.lab.faults import DRIVERS, Drifted, Expected, Fault, Placed, Traced, all_faults, faults_of
from mitate.model.cloud import Port, Server
from mitate.report.json import render

RECORDINGS = {"linuxbridge": Path(__file__).parents[1] / "recordings"}
RECORDINGS["ovs"] = RECORDINGS["linuxbridge"] / "ovs"
HEALTHY = "external:203.0.113.100", "203.0.113.151"


def recorded(driver: str) -> dict[str, Path]:
    """The recordings of a driver, by name."""
    return {path.name.removesuffix(".tar.gz"): path for path in RECORDINGS[driver].glob("*.tar.gz")}


def diagnose(recording: Path) -> list[dict[str, Any]]:
    """The causes, as `mitate check --format json` writes them."""
    diagnosis = asyncio.run(check_up(Truth(bundle=recording)))
    causes: list[dict[str, Any]] = json.loads(render(diagnosis))["causes"]
    return causes


@cache
def addresses(recording: Path) -> dict[str, str]:
    """The fixed address of each server in a recording."""
    snapshot = asyncio.run(look_at_network(Truth(bundle=recording))).snapshot
    names = {server.id: server.name for server in snapshot.all(Server)}
    ports = [port for port in snapshot.all(Port) if port.device_id in names and port.fixed_ips]
    return {names[port.device_id]: port.fixed_ips[0][1] for port in ports}


def trace(recording: Path, words: list[str], capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """What `mitate trace` answers."""
    main(["trace", *words, "--bundle", str(recording), "--format", "json"])
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


@cache
def ids(recording: Path) -> dict[str, str]:
    """The id of each server and server group in a recording, by name."""
    snapshot = asyncio.run(look_at_network(Truth(bundle=recording))).snapshot
    named = {server.name: server.id for server in snapshot.all(Server)}
    return defaultdict(str, named)


def explained(recording: Path, words: list[str], capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """What `mitate placement` answers. A recording lacks what is asked of one request only, so that it may be
    UNKNOWN."""
    main(["placement", *words, "--bundle", str(recording), "--format", "json"])
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


def compared(recording: Path, drifted: Drifted, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """What `mitate drift` answers."""
    earlier = [str(recording.with_name("healthy.tar.gz"))] if drifted.beside_healthy else []
    where = [str(recording)] if earlier else ["--bundle", str(recording)]
    main(["drift", *earlier, *where, "--format", "json"])
    differences: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["differences"]
    return differences


EXAMINED = [
    pytest.param(fault, path, id=f"{driver}-{name}")
    for driver in DRIVERS
    for name, path in sorted(recorded(driver).items())
    if (fault := all_faults().get(name))
]


def test_every_fault_is_recorded_and_nothing_else() -> None:
    wanted = {name for name, fault in faults_of("linuxbridge").items() if fault.shows}
    assert set(recorded("linuxbridge")) == {"healthy", *wanted}


def test_every_fault_of_open_vswitch_alone_is_recorded() -> None:
    known = faults_of("ovs")
    alone = {name for name, fault in known.items() if fault.drivers == ("ovs",) and fault.shows}
    assert {"healthy", *alone} <= set(recorded("ovs")) <= {"healthy", *known}


@pytest.mark.parametrize(("fault", "recording"), EXAMINED)
def test_the_right_cause_comes_first(
    fault: Fault, recording: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for expected in fault.expected:
        if isinstance(expected, Expected):
            causes = diagnose(recording)
            assert causes, "nothing was found"
            assert expected.is_met_by(causes[0]["finding"])
        elif isinstance(expected, Placed):
            answer = explained(recording, expected.arguments(ids(recording)), capsys)
            assert answer["verdict"] in ("NO_HOST", "UNKNOWN")
            assert expected.agrees_with(answer) or answer["verdict"] == "UNKNOWN", answer["says"]
        elif isinstance(expected, Drifted):
            assert expected.is_met_by((compared(recording, expected, capsys) or [{}])[0])
        elif isinstance(expected, Traced) and not expected.live:
            told = trace(recording, expected.arguments(addresses(recording)), capsys)
            assert expected.is_met_by((told["reasons"] or [{}])[0]), told["verdict"]


@pytest.mark.parametrize("driver", DRIVERS)
def test_the_healthy_cloud_is_quiet(driver: str, capsys: pytest.CaptureFixture[str]) -> None:
    healthy = recorded(driver).get("healthy")
    if healthy is None:
        pytest.skip(f"no healthy cloud of {driver} is recorded")
    assert diagnose(healthy) == []
    for words in (HEALTHY, ("vm1", "vm2"), ("vm2", HEALTHY[0]), ("vm1", "dhcp"), ("vm1", "metadata")):
        assert trace(healthy, list(words), capsys)["verdict"] == "REACHABLE", words
