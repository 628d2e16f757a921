from __future__ import annotations

from typing import Any

import pytest

from mitate.analyze.checks.server_got_no_host import server_got_no_host
from mitate.analyze.checks.server_in_error import server_in_error
from mitate.model.cloud import Server
from mitate.model.diagnosis import State
from mitate.model.placement import SchedulingLine, ServerEvent

FILTERED = "No valid host was found. There are not enough hosts available."
EXHAUSTED = "Exceeded maximum number of retries. Exhausted all hosts available for retrying build failures."


@pytest.mark.parametrize(
    ("fault", "stage"),
    [
        ("No valid host was found. ", "placement"),
        (FILTERED, "filters"),
        (EXHAUSTED, "spawn"),
        ("Exceeded maximum number of retries. Exceeded max scheduling attempts 3 for instance x", "spawn"),
        ("No valid host was found. No such host - host: nohost node: None", "request"),
        ("Scheduling failed: No hosts available for tenant", "request"),
        ("Host 'compute9' is not mapped to any cell", "claim"),
    ],
)
def test_problem(wired: Any, fault: str, stage: str) -> None:
    wired.change(Server, status="ERROR", fault=fault)
    finding = wired.only(server_got_no_host)
    assert finding.symptom
    assert f"(stage {stage})" in finding.says
    assert wired.state(server_in_error) is State.OK, "one server, one finding"


def test_problem_of_an_unknown_kind(wired: Any) -> None:
    wired.change(Server, status="ERROR", fault="No valid host was found. The stars are wrong")
    assert wired.only(server_got_no_host).says.endswith(
        "got no host: No valid host was found. The stars are wrong"
    )


def test_problem_with_the_hosts_that_were_tried(wired: Any) -> None:
    wired.change(Server, status="ERROR", fault=EXHAUSTED)
    server = next(fact for fact in wired.world.facts if isinstance(fact, Server))
    event = {"server_id": server.id, "action": "create", "request_id": "req-1", "result": "Error"}
    wired.add(ServerEvent, event="compute__do_build_and_run_instance", host="compute1", **event)
    assert "failed on each (compute1)" in wired.only(server_got_no_host).says


def test_problem_with_the_filter_that_the_log_names(wired: Any) -> None:
    wired.change(Server, status="ERROR", fault=FILTERED)
    server = next(fact for fact in wired.world.facts if isinstance(fact, Server))
    wired.add(ServerEvent, server_id=server.id, action="create", request_id="req-1")
    for request, name in (("req-0", "NUMATopologyFilter"), ("req-1", "ImagePropertiesFilter")):
        wired.world.add(
            SchedulingLine,
            "controller",
            service="nova-scheduler",
            file="/var/log/nova/nova-scheduler.log",
            at=None,
            level="INFO",
            logger="nova.filters",
            request_id=request,
            message=f"Filter {name} returned 0 hosts",
        )
    assert (
        "and ImagePropertiesFilter left none of them (stage filters)" in wired.only(server_got_no_host).says
    )


def test_ok(wired: Any) -> None:
    assert wired.state(server_got_no_host) is State.OK


def test_ok_for_another_error(wired: Any) -> None:
    wired.change(Server, status="ERROR", fault="Build of instance x aborted: image not found")
    assert wired.state(server_got_no_host) is State.OK


def test_unknown(wired: Any) -> None:
    wired.drop(Server)
    wired.world.gap("api", Server)
    assert wired.state(server_got_no_host) is State.UNKNOWN
