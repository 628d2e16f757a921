"""What failed, by the logs: origin before echo, what did no harm, what a healthy time has."""

from __future__ import annotations

import pytest

from mitate.model.log_answer import Answer, Group, Kind, Outcome
from tests.logs.cloud import healthy, request, server
from tests.logs.conftest import Answers


def failed(answer: Answer) -> list[Group]:
    return [group for group in answer.groups if group.outcome is Outcome.FAILED]


def file(group: Group) -> str:
    return group.origin.file if group.origin else ""


def test_nothing_failed(answered: Answers) -> None:
    answer = answered(healthy())
    assert not answer.failed
    assert not answered(healthy(), healthy()).groups


def test_origin_before_echo_by_http(answered: Answers) -> None:
    """Neutron fails, and Nova says so first: Neutron's own error stands before it."""
    logs = healthy()
    frames = (
        ("neutron/pecan_wsgi/hooks.py", "x"),
        ("neutron/plugins/ml2/managers.py", "bind"),
        ("oslo_db/api.py", "y"),
    )
    logs.line(
        "neutron-api",
        200,
        "ERROR",
        "neutron.pecan_wsgi.hooks.translation",
        "POST failed.: KeyError: 'x'",
        "req-n",
    )
    logs.trace("neutron-api", 200, "neutron.pecan_wsgi.hooks.translation", *frames, error="KeyError: 'x'")
    logs.asked("neutron-api", 200.1, "POST /v2.0/ports", 500, 0.3)
    frames = (
        ("nova/compute/manager.py", "build"),
        ("nova/network/neutron.py", "create"),
        ("neutronclient/v2_0/client.py", "post"),
    )
    logs.line(
        "nova-compute",
        200.2,
        "ERROR",
        "nova.compute.manager",
        "Instance failed to spawn",
        request(9),
        server(9),
    )
    logs.trace(
        "nova-compute",
        200.2,
        "nova.compute.manager",
        *frames,
        error="neutronclient.common.exceptions.InternalServerError: Request Failed: internal server error",
    )
    first, *others = failed(answered(logs))
    assert (first.project, first.kind, file(first)) == (
        "neutron",
        Kind.ERROR,
        "neutron/plugins/ml2/managers.py",
    )
    assert {group.service for group in others} == {"neutron-api", "nova-compute"}
    assert all(group.echo_of == 1 for group in others)


def test_who_is_named_and_silent(answered: Answers) -> None:
    """Glance's own log tells nothing: it stands first all the same, by the words of its caller."""
    logs = healthy()
    logs.line(
        "nova-compute",
        200,
        "ERROR",
        "nova.compute.manager",
        "Instance failed to spawn",
        request(9),
        server(9),
    )
    logs.trace(
        "nova-compute",
        200,
        "nova.compute.manager",
        ("nova/image/glance.py", "download"),
        ("glanceclient/http.py", "get"),
        error="glanceclient.exc.HTTPInternalServerError: HTTP 500 Internal Server Error",
    )
    first, second = failed(answered(logs))
    assert (first.project, second.project, second.echo_of) == ("glance", "nova", 1)


def test_who_is_not_there_is_not_said_to_answer(answered: Answers) -> None:
    logs = healthy()
    frames = (
        ("nova/compute/manager.py", "build"),
        ("nova/image/glance.py", "call"),
        ("glanceclient/v2/x.py", "g"),
    )
    words = "Instance failed to spawn"
    logs.line("nova-compute", 200, "ERROR", "nova.compute.manager", words, request(9), server(9))
    error = "glanceclient.exc.CommunicationError: http://c:9293: [Errno 111] ECONNREFUSED"
    logs.trace("nova-compute", 200, "nova.compute.manager", *frames, error=error)
    blamed = failed(answered(logs))[0]
    assert blamed.project == "glance"
    assert "could not be reached" in blamed.template


def test_who_answers_others_is_not_at_fault(answered: Answers) -> None:
    """Nova has a wrong address of Glance: Glance answers everybody else before and after."""
    logs = healthy()
    frames = (
        ("nova/compute/manager.py", "build"),
        ("nova/image/glance.py", "call"),
        ("glanceclient/v2/x.py", "g"),
    )
    logs.line("nova-compute", 200, "ERROR", "nova.compute.manager", "It failed", request(9), server(9))
    error = "glanceclient.exc.CommunicationError: http://c:9293: [Errno 111] ECONNREFUSED"
    logs.trace("nova-compute", 200, "nova.compute.manager", *frames, error=error)
    for at in (195, 204):
        logs.asked("glance-api", at, f"GET /v2/images/{server(900)}", 200, 0.05)
    first = failed(answered(logs))[0]
    assert (first.project, file(first)) == ("nova", "nova/image/glance.py")
    assert "address" in first.why


def test_libvirt_that_is_not_there(answered: Answers) -> None:
    logs = healthy()
    words = "libvirt.libvirtError: Failed to connect socket to '/var/run/libvirt/libvirt-sock': No such file"
    logs.line("nova-compute", 200, "ERROR", "nova.virt.libvirt.host", f"Connection failed: {words}")
    first = failed(answered(logs))[0]
    assert first.project == "libvirt"


def test_callee_behind_an_rpc(answered: Answers) -> None:
    """The compute's exception comes back to the API as a remote one."""
    logs = healthy()
    logs.line(
        "nova-api",
        200.5,
        "ERROR",
        "nova.api.openstack.wsgi",
        "Unexpected exception in API method",
        request(9),
    )
    logs.trace(
        "nova-api",
        200.5,
        "nova.api.openstack.wsgi",
        ("nova/compute/rpcapi.py", "get_console"),
        error="oslo_messaging.rpc.client.RemoteError: Remote error: TypeError no\n['Traceback (most recent "
        "call last):\\n', '  File \"/x/nova/compute/manager.py\", line 7, in console\\n']",
    )
    logs.line(
        "nova-compute",
        200.2,
        "ERROR",
        "oslo_messaging.rpc.server",
        "Exception during message handling: TypeError: no",
        request(9),
    )
    logs.trace(
        "nova-compute",
        200.2,
        "oslo_messaging.rpc.server",
        ("nova/compute/manager.py", "console"),
        error="TypeError: no",
    )
    first, second = failed(answered(logs))
    assert (first.service, file(first)) == ("nova-compute", "nova/compute/manager.py")
    assert (second.service, second.echo_of) == ("nova-api", 1)


def test_what_went_well_at_last_is_no_failure(answered: Answers) -> None:
    """Spawned on the second try; and an agent that could not report once."""
    logs = healthy()
    logs.line(
        "nova-compute", 3, "ERROR", "nova.compute.manager", "Instance failed to spawn", request(0), server(0)
    )
    logs.line(
        "neutron-l3-agent",
        20,
        "ERROR",
        "neutron.agent.l3.agent",
        "Failed reporting state!: oslo_messaging."
        "exceptions.MessagingTimeout: Timed out waiting for a reply to message ID 7",
    )
    answer = answered(logs)
    assert not answer.failed
    assert [group.outcome for group in answer.groups] == [Outcome.RECOVERED] * 2


def test_build_that_never_ends(answered: Answers) -> None:
    logs = healthy()
    logs.line(
        "nova-compute",
        200,
        "INFO",
        "nova.compute.claims",
        "Claim successful on node c",
        request(9),
        server(9),
    )
    (group,) = failed(answered(logs))
    assert (group.kind, group.service, file(group)) == (Kind.STUCK, "nova-compute", "nova/compute/claims.py")
    assert group.resources == (server(9),)


def test_baseline_has_it_too(answered: Answers) -> None:
    logs, before = healthy(), healthy()
    for each in logs, before:
        each.line("nova-compute", 30, "ERROR", "nova.compute.manager", "The usual complaint", request(7))
    answer = answered(logs, before)
    assert [(group.outcome, group.before) for group in answer.groups] == [(Outcome.USUAL, 1)]


def test_slower_than_the_baseline(answered: Answers) -> None:
    """Nova's answer was slow because Glance's was: Glance comes first."""
    logs = healthy()
    logs.asked("nova-api", 209, "POST /v2.1/servers", 202, 9.5, request(9))
    logs.line("nova-compute", 210, "INFO", "nova.compute.claims", "Claim successful on node c", request(9))
    logs.asked("glance-api", 208.9, f"GET /v2/images/{server(900)}", 200, 9.0)
    answer = answered(logs, healthy())
    first = failed(answer)[0]
    assert (first.kind, first.project, file(first)) == (Kind.SLOWER, "glance", "glance/api/v2/images.py")
    assert answer.slower[0].service == "glance-api"


def test_missing_against_the_baseline(answered: Answers) -> None:
    """The agent begins and never finishes."""
    logs = healthy()
    other = server(801)
    logs.line(
        "neutron-l3-agent", 200, "INFO", "neutron.agent.l3.agent", f"Starting router update for {other}"
    )
    answer = answered(logs, healthy())
    (group,) = failed(answer)
    assert (group.kind, group.project, file(group)) == (Kind.MISSING, "neutron", "neutron/agent/l3/agent.py")
    assert answer.missing[0].template.startswith("Finished a router update")


def test_no_valid_host_because_placement_found_none(answered: Answers) -> None:
    """Its answer was an empty list: that is where a server got no host."""
    logs = healthy()
    asked = "GET /allocation_candidates?limit=1000"
    logs.asked("placement-api", 200, asked, 200, 0.1, request(9))
    words = "Failed to schedule instances: nova.exception_Remote.NoValidHost_Remote: No valid host was found."
    logs.line("nova-conductor", 200.2, "ERROR", "nova.conductor.manager", words, request(9))
    first, *others = failed(answered(logs))
    assert (first.project, file(first)) == ("placement", "placement/handlers/allocation_candidate.py")
    assert others[-1].service == "nova-conductor"
    assert others[-1].echo_of == 1


@pytest.mark.parametrize(("after", "fails"), [(2.0, False), (60.0, True)])
def test_what_goes_with_a_deleted_network_is_missed_in_vain(
    answered: Answers, after: float, fails: bool
) -> None:
    """An agent's port is being bound while the network goes away, and its subnets with it."""
    logs = healthy()
    logs.asked("neutron-api", 200, f"DELETE /v2.0/networks/{server(70)}", 204, 0.5)
    missed = f"Mechanism driver failed: SubnetNotFound: Subnet {server(71)} could not be found."
    for attempt in range(3):
        head = logs.head(200 + after + attempt, "ERROR", "neutron.plugins.ml2.managers")
        for words in (missed, f"Failed to bind port {server(72)} on host network"):
            logs.lines("neutron-api").append(f"{head} [None {request(700)} - - - - - -] {words}")
    answer = answered(logs)
    assert len([group for group in answer.groups if group.kind is Kind.ERROR]) == 2
    assert bool(failed(answer)) is fails
