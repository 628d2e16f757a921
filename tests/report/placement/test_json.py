"""The JSON has exactly the documented shape, and more beside it."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec
import pytest

from mitate.model.placement import Explanation
from mitate.report.placement.json import render

ALL = ("candidate", "filtered", "echo", "fits", "blind", "many")


class Host(msgspec.Struct):
    """As INTERFACE.md tells it."""

    host: str
    rejected_by: str | None
    stage: str | None
    wanted: int | float | str | None
    available: int | float | str | None
    says: str


class Change(msgspec.Struct):
    change: str
    hosts_then: list[str]
    commands: list[str]
    risk: str


class Finding(msgspec.Struct):
    check: str
    severity: str
    subject: dict[str, str]
    says: str
    evidence: list[dict[str, str]]


class Placement(msgspec.Struct):
    schema: str
    verdict: str
    stage: str | None
    hosts: list[Host]
    smallest_changes: list[Change]
    first_cause: Finding | None


def told(explanation: Explanation) -> dict[str, Any]:
    said = json.loads(render(explanation))
    assert isinstance(said, dict)
    return said


@pytest.mark.parametrize("name", ALL)
def test_the_shape_is_the_documented_one(name: str, request: pytest.FixtureRequest) -> None:
    text = render(request.getfixturevalue(name))
    seen = msgspec.json.decode(text, type=Placement)
    assert seen.schema == "mitate.placement/1"
    assert seen.verdict in ("FITS", "NO_HOST", "UNKNOWN")
    assert seen.stage in ("request", "placement", "filters", "claim", "spawn", None)
    assert (seen.stage is None) == (name in ("fits", "blind"))
    assert (seen.first_cause is None) == (name != "echo")
    assert all((host.rejected_by is None) == (host.stage is None) for host in seen.hosts)
    assert len(seen.hosts) == len(request.getfixturevalue(name).hosts)


def test_numbers_stay_numbers(candidate: Explanation) -> None:
    first = told(candidate)["hosts"][0]
    assert (first["host"], first["rejected_by"], first["stage"]) == ("compute1", "VCPU", "placement")
    assert (first["wanted"], first["available"], first["more"]) == (64, 28, [])
    assert first["evidence"][0]["asked"] == "GET /allocation_candidates?resources=VCPU:64"


def test_a_host_that_remains_is_rejected_by_nobody(fits: Explanation, filtered: Explanation) -> None:
    hosts = told(fits)["hosts"]
    assert [host["rejected_by"] for host in hosts] == [None, None, None, "ComputeFilter"]
    doubtful = told(filtered)["hosts"][-1]
    assert (doubtful["rejected_by"], doubtful["stage"]) == (None, None)
    assert doubtful["unknown"] == "the NUMA topology of hosts is not told by the API"


def test_what_else_is_known(candidate: Explanation) -> None:
    seen = told(candidate)
    more = {"waterfall", "unsatisfiable", "usages", "rooms", "assumptions", "gaps", "wanted"}
    assert more | {"took_s", "api_requests", "cloud", "taken_at", "largest"} <= set(seen)
    assert [line["left"] for line in seen["waterfall"]] == [4, 4, 4, 0, 0, 0]
    assert seen["unsatisfiable"][0][0]["name"] == "VCPU"
    assert (seen["usages"][0]["free"], seen["usages"][0]["by"][0]) == (28, {"who": "web1", "amount": 40})
    assert seen["wanted"]["extra_specs"] == {"trait:CUSTOM_SSD": "required"}
    assert (seen["taken_at"], seen["api_requests"]) == ("2026-11-22T22:10:00Z", 21)


def test_nothing_in_it_that_a_terminal_could_obey(hostile: list[Explanation]) -> None:
    for explanation in hostile:
        text = render(explanation)
        assert not re.search(
            "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069\ud800-\udfff]", text
        )
        json.loads(text)
