"""Whose fault it is where the words mislead: a clean-up is no deletion, a refusal is its asker's mistake."""

from __future__ import annotations

from mitate.model.log_answer import Kind, Outcome
from tests.logs.cloud import Logs, healthy, request, server
from tests.logs.conftest import Answers
from tests.logs.test_errors import failed, file

FRAMES = (
    ("nova/compute/manager.py", "_build"),
    ("nova/network/neutron.py", "_create_port"),
    ("neutronclient/v2_0/client.py", "create_port"),
)
MISSED = "neutronclient.common.exceptions.NetworkNotFoundClient: Network 7 could not be found."


def refused_build(logs: Logs) -> None:
    """Twice, as after a retry: each time what was begun is cleaned up."""
    for at in (200.0, 204.0):
        for offset, words in ((0, "Claim successful on node c"), (2, "Terminating instance")):
            logs.line(
                "nova-compute", at + offset, "INFO", "nova.compute.manager", words, request(9), server(9)
            )
        words = f"Failed to build and run instance: {MISSED}"
        logs.line("nova-compute", at + 1, "ERROR", "nova.network.neutron", words, request(9), server(9))
        logs.trace("nova-compute", at + 1, "nova.network.neutron", *FRAMES, error=MISSED)


def test_the_clean_up_of_a_failed_build_is_no_deletion(answered: Answers) -> None:
    logs = healthy()
    refused_build(logs)
    assert answered(logs).failed


def test_what_was_wrongly_asked_for_is_the_asker_s_fault(answered: Answers) -> None:
    """Neutron says that there is no such network, at once; and it had said so of another to a user."""
    logs = healthy()
    logs.asked("neutron-api", 198, "GET /v2.0/networks/private", 404, 0.1)
    for at in (201.0, 205.0):
        logs.asked("neutron-api", at - 0.1, "POST /v2.0/ports", 404, 0.1)
    refused_build(logs)
    first = failed(answered(logs))[0]
    assert (first.project, file(first)) == ("nova", "nova/network/neutron.py")


def test_a_subnet_that_changes_while_its_network_is_deleted(answered: Answers) -> None:
    logs = healthy()
    logs.asked("neutron-api", 200, f"DELETE /v2.0/networks/{server(70)}", 204, 0.5)
    words = (
        f"Unable to enable dhcp for {server(70)}: SubnetInUse: Unable to complete operation on subnet "
        f"{server(71)}: This subnet is being modified by another concurrent operation."
    )
    logs.line("neutron-l3-agent", 200.2, "ERROR", "neutron.agent.dhcp.agent", words)
    assert [group.outcome for group in answered(logs).groups] == [Outcome.ASIDE]


def test_a_deletion_that_was_accepted_and_never_begun(answered: Answers) -> None:
    logs = healthy()
    logs.asked("nova-api", 180, f"DELETE /v2.1/servers/{server(1)}", 204, 0.1, request(600))
    group = failed(answered(logs))[0]
    assert (group.kind, group.service, group.resources) == (Kind.STUCK, "nova-compute", (server(1),))
    logs.line(
        "nova-compute", 181, "INFO", "nova.compute.manager", "Terminating instance", request(600), server(1)
    )
    words = "Took 0.40 seconds to destroy the instance on the hypervisor."
    logs.line("nova-compute", 182, "INFO", "nova.compute.manager", words, request(600), server(1))
    assert not answered(logs).failed


def test_a_build_that_was_accepted_and_never_begun(answered: Answers) -> None:
    logs = healthy()
    logs.asked("nova-api", 180, "POST /v2.1/servers", 202, 0.1, request(600))
    group = failed(answered(logs))[0]
    assert (group.kind, group.project, group.request_ids) == (Kind.STUCK, "nova", (request(600),))
    words = "Failed to schedule instances: NoValidHost: No valid host was found."
    logs.line("nova-conductor", 181, "ERROR", "nova.conductor.manager", words, request(600))
    assert [group.kind for group in failed(answered(logs))] == [Kind.ERROR]


def test_a_build_that_waited_long_for_a_host(answered: Answers) -> None:
    """Not where Placement took the time: that is told of Placement."""
    logs = healthy()
    logs.asked("nova-api", 180, "POST /v2.1/servers", 202, 0.1, request(600))
    words = "Claim successful on node c"
    logs.line("nova-compute", 204, "INFO", "nova.compute.claims", words, request(600), server(600))
    words = "Took 5.00 seconds to build instance."
    logs.line("nova-compute", 209, "INFO", "nova.compute.manager", words, request(600), server(600))
    first = failed(answered(logs))[0]
    assert (first.kind, first.service, file(first)) == (
        Kind.SLOWER,
        "nova-conductor",
        "nova/conductor/manager.py",
    )
    logs.asked("placement-api", 203, "GET /allocation_candidates?limit=1000", 200, 20.0, request(600))
    assert "nova-conductor" not in {group.service for group in failed(answered(logs))}


def test_an_answer_that_nobody_waits_for(answered: Answers) -> None:
    """Nova waited for Placement: only Placement is slow. An upload takes as long as it takes."""
    logs = healthy()
    logs.asked("placement-api", 222, "GET /allocation_candidates?limit=1000", 200, 20.0, request(9))
    logs.asked("nova-api", 222.2, f"POST /v2.1/servers/{server(1)}/migrate", 202, 20.4, request(9))
    logs.asked("glance-api", 230, f"PUT /v2/images/{server(900)}/file", 204, 40.0)
    first = failed(answered(logs))[0]
    assert (first.kind, first.project) == (Kind.SLOWER, "placement")
    assert file(first) == "placement/handlers/allocation_candidate.py"
    assert {group.project for group in failed(answered(logs))} <= {"placement", "nova"}
    assert not answered(logs, logs).failed


def test_a_floating_ip_that_no_router_was_updated_for(answered: Answers) -> None:
    logs = healthy()
    for at in range(132, 162, 2):
        logs.asked("neutron-api", at, f"GET /v2.0/floatingips/{server(50)}", 200, 0.05)
    group = failed(answered(logs))[0]
    assert (group.kind, group.service, group.resources) == (Kind.STUCK, "neutron-l3-agent", (server(50),))
    words = f"Starting router update for {server(800)}"
    logs.line("neutron-l3-agent", 133, "INFO", "neutron.agent.l3.agent", words)
    assert not answered(logs).failed


def test_an_update_of_a_router_and_a_reboot_that_took_long(answered: Answers) -> None:
    logs = healthy()
    words = f"Finished a router update for {server(800)}, update_id {server(801)}. Time elapsed: 22.688"
    logs.line("neutron-l3-agent", 150, "INFO", "neutron.agent.l3.agent", words)
    for at, words in ((160, "Rebooting instance"), (187, "Instance rebooted successfully.")):
        logs.line("nova-compute", at, "INFO", "nova.virt.libvirt.driver", words, request(7), server(0))
    found = {(group.service, file(group)) for group in failed(answered(logs)) if group.kind is Kind.SLOWER}
    assert found == {
        ("neutron-l3-agent", "neutron/agent/l3/agent.py"),
        ("nova-compute", "nova/virt/libvirt/driver.py"),
    }


def test_who_gave_up_is_an_echo_of_what_refused_it(answered: Answers) -> None:
    """Placement says each time that somebody else was quicker, and Nova gives up at last."""
    logs = healthy()
    for at in range(5):
        logs.asked("placement-api", 200 + at, f"PUT /allocations/{server(9)}", 409, 0.1, request(9))
    words = "Failed scheduler client operation claim_resources: out of retries"
    logs.line("nova-conductor", 205, "ERROR", "nova.scheduler.client.report", words, request(9))
    first = failed(answered(logs))[0]
    assert (first.project, file(first)) == ("placement", "placement/handlers/allocation.py")


def test_who_was_told_that_a_port_is_wired_does_not_wait_for_neutron(answered: Answers) -> None:
    logs = healthy()
    words = "Claim successful on node c"
    logs.line("nova-compute", 200, "INFO", "nova.compute.claims", words, request(9), server(9))
    frames = (("nova/compute/manager.py", "spawn"), ("nova/virt/libvirt/driver.py", "_create_guest"))
    error = "nova.exception.VirtualInterfaceCreateException: Virtual Interface creation failed"
    words = "Instance failed to spawn"
    logs.line("nova-compute", 220, "ERROR", "nova.compute.manager", words, request(9), server(9))
    logs.trace("nova-compute", 220, "nova.compute.manager", *frames, error=error)
    assert failed(answered(logs))[0].project == "neutron"
    words = (
        f"Nova event matching ['{request(700)}'] response: {{'server_uuid': '{server(9)}', "
        "'name': 'network-vif-plugged', 'status': 'completed', 'tag': 'x', 'code': 200}"
    )
    logs.line("neutron-api", 204, "INFO", "neutron.notifiers.nova", words)
    assert failed(answered(logs))[0].project == "nova"


def test_who_was_stopped_stands_before_who_misses_it(answered: Answers) -> None:
    logs = healthy()
    error = "keystoneauth1.exceptions.connection.ConnectFailure: http://c:5000/v3/auth"
    frames = (("nova/network/neutron.py", "get"), ("keystoneauth1/identity/v3/base.py", "get_auth_ref"))
    logs.line("nova-compute", 200, "ERROR", "nova.compute.manager", "It failed", request(9), server(9))
    logs.trace("nova-compute", 200, "nova.compute.manager", *frames, error=error)
    logs.systemd("controller", 150, "Stopped keystone.service - OpenStack Keystone API (keystone).")
    first = failed(answered(logs))[0]
    assert (first.kind, first.project, first.service) == (Kind.SILENT, "keystone", "keystone")
    assert "Stopped keystone.service" in first.why
    logs.systemd("controller", 210, "Started keystone.service - OpenStack Keystone API (keystone).")
    assert failed(answered(logs))[0].kind is not Kind.SILENT


def test_a_topic_that_nobody_listens_to_is_not_the_broker_s_fault(answered: Answers) -> None:
    logs = healthy()
    words = (
        "Unable to connect to AMQP server on c:5672 after inf tries: (404) NOT_FOUND - no exchange "
        "'l3_agent_fanout' in vhost '/': amqp.exceptions.NotFound"
    )
    logs.line("neutron-api", 200, "ERROR", "oslo_messaging._drivers.impl_rabbit", words, request(9))
    logs.systemd("network", 190, "Stopped neutron-l3-agent.service - OpenStack Neutron L3 agent.")
    first, *others = failed(answered(logs))
    assert (first.service, first.kind) == ("neutron-l3-agent", Kind.SILENT)
    assert [other.echo_of for other in others] == [1]


def test_a_connection_that_was_made_anew_has_failed_nothing(answered: Answers) -> None:
    logs = healthy()
    words = (
        "Database connection was found disconnected; reconnecting: oslo_db.exception.DBConnectionError: "
        "(pymysql.err.OperationalError) (2013, 'Lost connection to MySQL server during query')"
    )
    logs.line("nova-conductor", 200, "ERROR", "oslo_db.sqlalchemy.engines", words, request(9))
    assert [group.outcome for group in answered(logs).groups] == [Outcome.RECOVERED]


def test_whose_credentials_are_refused_while_others_get_tokens(answered: Answers) -> None:
    logs = healthy()
    frames = (("nova/network/neutron.py", "get"), ("keystoneauth1/identity/v3/base.py", "get_auth_ref"))
    error = "keystoneauth1.exceptions.http.Unauthorized: It requires authentication. (HTTP 401)"
    logs.line("nova-api", 200, "ERROR", "nova.api.openstack.wsgi", "Unexpected exception", request(9))
    logs.trace("nova-api", 200, "nova.api.openstack.wsgi", *frames, error=error)
    logs.asked("keystone", 199.8, "POST /v3/auth/tokens", 401, 0.3)
    assert failed(answered(logs))[0].project == "keystone"
    logs.asked("keystone", 190, "POST /v3/auth/tokens", 201, 0.3)
    assert failed(answered(logs))[0].project == "nova"


def test_neutron_that_never_answers_for_a_port(answered: Answers) -> None:
    logs = healthy()
    words = "Claim successful on node c"
    logs.line("nova-compute", 185, "INFO", "nova.compute.claims", words, request(9), server(9))
    for at in range(190, 240, 10):
        logs.asked("neutron-api", at, "GET /v2.0/ports", 200, 0.05)
    first = failed(answered(logs))[0]
    assert (first.project, file(first)) == ("neutron", "neutron/plugins/ml2/plugin.py")
    logs.asked("neutron-api", 188, "POST /v2.0/ports", 201, 0.4)
    assert failed(answered(logs))[0].project == "nova"


def test_a_build_on_a_host_whose_log_is_not_here(answered: Answers) -> None:
    """Neutron plugged a server that no compute here knows of: who is to begin a build may be unseen, too."""
    logs = healthy()
    logs.asked("nova-api", 180, "POST /v2.1/servers", 202, 0.1, request(600))
    assert answered(logs).failed
    words = (
        f"Nova event matching ['x'] response: {{'server_uuid': '{server(600)}', 'name': 'network-vif-plugged'"
    )
    logs.line("neutron-api", 190, "INFO", "neutron.notifiers.nova", f"{words}, 'status': 'completed'}}")
    assert not answered(logs).failed


def test_a_unit_s_last_state_is_the_latest_not_the_last_read(answered: Answers) -> None:
    logs = healthy()
    for at, words in ((160, "Started"), (150, "Stopped")):
        logs.systemd("controller", at, f"{words} keystone.service - OpenStack Keystone API (keystone).")
    assert not answered(logs).failed
