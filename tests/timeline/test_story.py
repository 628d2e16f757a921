"""Order, clocks, silences, the first error, and what cannot be seen."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from mitate.analyze.timeline.story import Bounds, tell
from mitate.model.logs import Event
from mitate.model.timeline import Kind, Outcome, Timeline
from tests.timeline.lines import (
    LOCAL,
    OTHER,
    PORT,
    REQUEST,
    SERVER,
    T,
    action,
    frames,
    identity,
    known,
    line,
    server,
)

COMPUTE: dict[str, Any] = {"host": "compute1", "request": REQUEST, "resource": SERVER}


def story(*events: Event, facts: Any = (), **more: Any) -> Timeline:
    return tell(known(events, [action("create"), *facts]), **more)


def said(told: Timeline) -> list[str]:
    return [entry.says for entry in told.entries]


# -- order --------------------------------------------------------------------------------------------------


def test_a_clock_that_is_off_is_corrected_and_shown() -> None:
    told = story(
        line(0.0, "nova-conductor", "sent", request=REQUEST),
        line(0.5 - 30, "nova-compute", "taken", **COMPUTE),
        line(1.0, "nova-conductor", "heard", request=REQUEST),
        facts=[identity("controller", 0.0), identity("network", 0.01), identity("compute1", -30.0)],
    )
    assert [each for each in said(told) if "asked for" not in each] == ["sent", "taken", "heard"]
    entry = next(each for each in told.entries if each.says == "taken")
    assert entry.at == pytest.approx(T + 0.5)
    assert entry.written == T - 29.5
    clocks = {each.host: each for each in told.clocks}
    assert clocks["compute1"].corrected_s == pytest.approx(-30, abs=0.02)
    assert clocks["controller"].corrected_s == 0.0


def test_a_clock_that_nobody_measured_is_said() -> None:
    told = story(line(0, "nova-conductor", "a", request=REQUEST), line(1, "nova-compute", "b", **COMPUTE))
    assert any("was not measured" in each for each in told.blind)


def test_what_nova_keeps_to_the_second_is_put_where_it_belongs() -> None:
    told = story(
        line(0.4, "nova-scheduler", "chosen", request=REQUEST),
        line(0.7, "nova-compute", "Claim successful", **COMPUTE),
        line(0.3, "nova-api", '10.0.0.5 "POST /v2.1/servers" status: 202 time: 0.2', request=REQUEST),
        facts=[
            action("create", event="conductor_schedule_and_build_instances", host="controller"),
            action("create", event="compute__do_build_and_run_instance", host="compute1", result="Success"),
        ],
    )
    assert said(told) == [
        "POST /v2.1/servers",
        "create: asked for",
        "conductor_schedule_and_build_instances",
        "chosen",
        "compute__do_build_and_run_instance",
        "Claim successful",
    ]


def test_steps_of_a_migration_within_one_second() -> None:
    """Nova keeps seconds: resize_instance on the source comes after prep_resize on the destination."""
    steps = [("compute_resize_instance", "compute2"), ("compute_prep_resize", "compute1")]
    facts = [action("migrate", REQUEST, 0, event=event, host=host) for event, host in steps]
    told = tell(known([line(0.8, "nova-compute", "Claim", **COMPUTE)], [action("migrate"), *facts]))
    assert said(told) == ["migrate: asked for", "compute_prep_resize", "compute_resize_instance", "Claim"]


def test_a_call_is_told_once_and_begins_when_it_was_asked() -> None:
    """Placement's own line has the request, its web server's the time that it took."""
    own = f'10.0.0.21 "PUT /allocations/{SERVER}" status: 204 len: 0'
    raw = f'10.0.0.21 "PUT /allocations/{SERVER}" status: 204 time: 0.8'
    told = story(
        line(5.9, "placement-api", own, request=LOCAL, global_request=REQUEST),
        line(5.0, "placement-api", raw, logger="uwsgi", level=""),
        line(0, "nova-compute", "x", **COMPUTE),
    )
    calls = [each for each in told.entries if each.kind is Kind.CALL]
    assert len(calls) == 1
    call = calls[0]
    assert call.at == pytest.approx(T + 5.1)
    assert (call.took_s, call.exact) == (0.8, True)
    assert call.caller == ("nova-compute", "compute1")
    assert (call.request, call.global_request) == (LOCAL, REQUEST)


def test_what_is_written_again_and_again_stands_apart() -> None:
    lines = [
        line(n, "neutron-linuxbridge-agent", f"Port tap{PORT[:11]} seen {n} times", host="compute1")
        for n in range(1, 6)
    ]
    made = line(0, "nova-compute", f"plugged VIFBridge(id={PORT})", **COMPUTE)
    told = story(made, *lines)
    assert not [each for each in said(told) if "seen" in each]
    assert [each.times for each in told.routine if "seen" in each.says] == [5]


def test_bounds() -> None:
    lines = [line(n, "nova-compute", f"line {n}", **COMPUTE) for n in (1, 5, 9)]
    told = story(*lines, bounds=Bounds(T + 4, T + 6))
    assert said(told) == ["line 5"]


# -- silences -----------------------------------------------------------------------------------------------


def test_a_silence_that_ends_in_a_timeout_says_who_waited_for_whom() -> None:
    told = story(
        line(0.2, "nova-conductor", "taken up", request=REQUEST),
        line(
            61.2,
            "nova-conductor",
            "Failed to schedule instances: MessagingTimeout",
            request=REQUEST,
            level="ERROR",
            exception="oslo_messaging.exceptions.MessagingTimeout: Timed out waiting for a reply",
            frames=frames(
                "nova/conductor/manager.py:940 in _schedule_instances",
                "nova/scheduler/rpcapi.py:160 in select_destinations",
                "oslo_messaging/rpc/client.py:190 in call",
            ),
        ),
    )
    (silence,) = told.silences
    assert silence.says == "nothing for 61 s, then MessagingTimeout"
    assert silence.waited == (
        "nova-conductor on controller waited in vain for nova-scheduler (select_destinations)"
    )
    assert silence.proved
    assert told.entries[silence.before].asking == "nova-scheduler (select_destinations)"
    assert told.first_error == silence.before


def test_a_call_that_took_long_is_what_was_waited_for() -> None:
    slow = '10.0.0.21 "GET /v2/images/1/file HTTP/1.1" status: 200 len: 9 time: 40.0'
    told = story(
        line(0, "nova-compute", "Creating image(s)", **COMPUTE),
        line(40.5, "glance-api", slow, request=REQUEST),
        line(41, "nova-compute", "done", **COMPUTE),
    )
    (silence,) = told.silences
    assert silence.waited == (
        "nova-compute on compute1 waited for glance-api on controller: GET /v2/images/1/file"
    )
    assert silence.seconds == pytest.approx(40.5, abs=0.1)


def test_between_two_actions_silence_is_nothing() -> None:
    told = tell(
        known(
            [
                line(0, "nova-compute", "a", **COMPUTE),
                line(900, "nova-compute", "b", **{**COMPUTE, "request": OTHER}),
            ],
            [action("create"), action("stop", OTHER, 900)],
        )
    )
    assert told.silences == ()


def test_rpc_is_told_as_the_code_does_it() -> None:
    told = story(
        line(0.1, "nova-api", '10.0.0.5 "POST /v2.1/servers" status: 202 time: 0.1', request=REQUEST),
        line(0.2, "nova-conductor", "taken up", request=REQUEST),
        line(0.3, "nova-scheduler", "chosen", request=REQUEST),
        line(0.5, "nova-conductor", "sent", request=REQUEST),
        line(0.6, "nova-compute", "Claim successful", **COMPUTE),
    )
    steps = [(each.caller[0], each.callee, each.how) for each in told.waiting if each.how != "HTTP"]
    assert steps == [
        ("nova-api", ("nova-conductor", "controller"), "cast"),
        ("nova-conductor", ("nova-scheduler", "controller"), "call"),
        ("nova-conductor", ("nova-compute", "compute1"), "cast"),
    ]
    asked = next(each for each in told.waiting if each.how == "call")
    assert asked.took_s == pytest.approx(0.2)
    assert not asked.proved


# -- the first error ----------------------------------------------------------------------------------------

GONE = "Image 70a5 is unacceptable: Image has no associated data"


def test_whoever_was_asked_failed_before_who_asked_though_the_clock_says_otherwise() -> None:
    """Clocks of one measurement may still differ by some milliseconds."""
    told = story(
        line(1.000, "nova-compute", f"Instance failed to spawn: {GONE}", level="ERROR", **COMPUTE),
        line(1.020, "glance-api", "Glance tried all locations", level="ERROR", request=REQUEST),
    )
    assert told.first_error is not None
    assert told.entries[told.first_error].service == "glance-api"


def test_the_warning_right_before_says_why() -> None:
    told = story(
        line(1.0, "glance-api", "Get image data failed: not found", level="WARNING", request=REQUEST),
        line(1.0, "glance-api", "Glance tried all locations", level="ERROR", request=REQUEST),
    )
    assert told.first_error is not None
    assert told.entries[told.first_error].says == "Get image data failed: not found"


def test_a_call_that_was_refused_is_where_it_began() -> None:
    asked = '10.0.0.21 "POST /v2.0/ports HTTP/1.1" status: 409 len: 100 time: 0.1'
    told = story(
        line(1.0, "neutron-server", asked, request=LOCAL, global_request=REQUEST),
        line(1.2, "nova-compute", "Failed: neutron says: quota exceeded", level="ERROR", **COMPUTE),
    )
    assert told.first_error is not None
    first = told.entries[told.first_error]
    assert (first.service, first.status) == ("neutron-server", 409)


@pytest.mark.parametrize(
    ("status", "results", "lines", "outcome"),
    [
        ("ACTIVE", ["Success"], [], Outcome.WELL),
        ("ACTIVE", ["Success"], ["ERROR"], Outcome.RECOVERED),
        ("ERROR", ["Success"], ["ERROR"], Outcome.FAILED),
        ("ACTIVE", ["Error"], [], Outcome.FAILED),
    ],
)
def test_the_outcome(status: str, results: list[str], lines: list[str], outcome: Outcome) -> None:
    facts = [server(status=status)]
    facts += [
        action("create", event="compute__do_build_and_run_instance", host="compute1", result=each)  # type: ignore[misc]
        for each in results
    ]
    events = [line(2, "nova-compute", "x", level=level, **COMPUTE) for level in lines]
    assert story(*events, facts=facts).outcome is outcome


def test_a_build_that_was_given_up_is_no_success() -> None:
    """Nova ends the event of such a build well, and leaves the server in ERROR."""
    done = action("create", event="compute__do_build_and_run_instance", host="compute1", result="Success")
    told = story(facts=[server(status="ERROR", fault="aborted"), done])
    assert [each.result for each in told.requests] == ["Error"]


def test_nothing_at_all_is_unknown() -> None:
    told = tell(known([], kind="request", id_=REQUEST))
    assert told.outcome is Outcome.UNKNOWN
    assert "nothing tells anything" in told.says


# -- what cannot be seen ------------------------------------------------------------------------------------


def test_debug_that_is_off_is_said_with_what_it_hides() -> None:
    told = story(line(0, "nova-scheduler", "x", request=REQUEST))
    assert any("debug is off in nova-scheduler" in each and "each filter" in each for each in told.blind)


def test_a_request_of_the_api_that_no_line_carries_is_said() -> None:
    told = tell(known([line(0, "nova-compute", "x", **COMPUTE)], [action("create"), action("stop", OTHER)]))
    assert any(f"no line was found of {OTHER}" in each for each in told.blind)
    assert {each.id for each in told.requests} == {REQUEST, OTHER}


def test_logs_alone_and_recordings_say_what_they_lack() -> None:
    assert any("only these logs" in each for each in story(reading="logs").blind)
    assert any("a recording holds warnings" in each for each in story(reading="recording").blind)


def test_the_time_of_the_story_is_that_of_the_cloud() -> None:
    told = story(line(0, "nova-compute", "x", **COMPUTE))
    assert told.taken_at == datetime(2026, 11, 22, 15, 30, tzinfo=UTC)
