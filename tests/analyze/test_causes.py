"""Which finding comes first: the graph of what depends on what, and what came first in time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from mitate.analyze.causes import causes
from mitate.model.cloud import NetworkAgent, Port, Server
from mitate.model.diagnosis import Evidence, Finding, Outcome, Severity, Subject
from mitate.model.host import Filesystem, Process
from mitate.model.snapshot import Snapshot, snapshot
from mitate.model.source import Source

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SEEN = Evidence("h", "ps", NOW, "…")


def source(host: str) -> Source:
    return Source(host, "asked", NOW)


def process(service: str, host: str) -> Process:
    return Process(source=source(host), pid=1, ppid=0, state="S", service=service, command=service)


def agent(binary: str, host: str) -> NetworkAgent:
    return NetworkAgent(
        source=source("api"),
        id=f"{binary}-{host}",
        type=binary,
        binary=binary,
        host=host,
        alive=False,
        admin_up=True,
    )


def finding(
    check: str,
    kind: str,
    id: str,
    *,
    symptom: bool = False,
    since: datetime | None = None,
    severity: Severity = Severity.CRITICAL,
) -> Finding:
    return Finding(
        check, severity, Subject(kind, id, id), "It is broken", (SEEN,), since=since, symptom=symptom
    )


def cloud(*more: NetworkAgent | Process | Port | Server | Filesystem) -> Snapshot:
    agents = [agent("neutron-linuxbridge-agent", f"compute{n}") for n in range(1, 24)]
    controllers = [
        process(name, "controller") for name in ("rabbitmq-server", "mariadb", "neutron-rpc-server")
    ]
    return snapshot("test", NOW, [*agents, *controllers, *more])


def test_dead_agents_behind_one_dead_broker_are_one_cause() -> None:
    dead = [
        finding("agent_dead", "agent", f"neutron-linuxbridge-agent@compute{n}", symptom=True)
        for n in range(1, 24)
    ]
    broker = finding("service_process_stopped", "service", "rabbitmq-server@controller")

    found = causes(
        cloud(), [Outcome("agent_dead", tuple(dead)), Outcome("service_process_stopped", (broker,))]
    )

    assert [cause.finding for cause in found] == [broker]
    assert set(found[0].explains) == set(dead)
    assert "23 other findings" in found[0].why_first


def test_a_frozen_agent_explains_its_own_dead_row_its_ports_and_their_servers() -> None:
    port = Port(
        source=source("api"),
        id="p1",
        name="",
        network_id="n1",
        mac="fa:16:3e:00:00:01",
        status="DOWN",
        admin_up=True,
        device_owner="compute:nova",
        device_id="s1",
        host="compute1",
    )
    server = Server(
        source=source("api"), id="s1", name="vm1", project_id="x", status="ACTIVE", host="compute1"
    )
    frozen = finding("agent_process_frozen", "agent", "neutron-linuxbridge-agent@compute1")
    dead = finding("agent_dead", "agent", "neutron-linuxbridge-agent@compute1", symptom=True)
    down = finding("port_down", "port", "p1", symptom=True)
    stuck = finding("server_stuck", "server", "s1", symptom=True)

    found = causes(cloud(port, server), [Outcome("a", (stuck, down)), Outcome("b", (dead, frozen))])

    assert [cause.finding for cause in found] == [frozen]
    assert set(found[0].explains) == {dead, down, stuck}


def test_what_began_before_is_not_explained_by_what_came_after() -> None:
    old = finding(
        "agent_dead",
        "agent",
        "neutron-linuxbridge-agent@compute1",
        symptom=True,
        since=NOW - timedelta(days=1),
    )
    broker = finding("service_process_stopped", "service", "rabbitmq-server@controller", since=NOW)

    found = causes(cloud(), [Outcome("a", (old,)), Outcome("b", (broker,))])

    assert [cause.finding for cause in found] == [broker, old]


def test_a_warning_does_not_explain_what_is_critical() -> None:
    disk = finding("filesystem_full", "filesystem", "controller:/", severity=Severity.WARNING)
    stopped = finding("service_process_stopped", "service", "mariadb@controller")
    root = Filesystem(
        source=source("controller"),
        device="/dev/vda",
        type="ext4",
        mount="/",
        size_kb=1,
        used_kb=1,
        available_kb=0,
        paths=("/var/lib/mysql", "/"),
    )

    found = causes(cloud(root), [Outcome("a", (disk,)), Outcome("b", (stopped,))])

    assert [cause.finding for cause in found] == [stopped, disk]


def test_a_full_disk_explains_the_database_that_stopped_on_it() -> None:
    disk = finding("filesystem_full", "filesystem", "controller:/")
    stopped = finding("service_process_stopped", "service", "mariadb@controller")
    dead = finding("agent_dead", "agent", "neutron-linuxbridge-agent@compute7", symptom=True)
    root = Filesystem(
        source=source("controller"),
        device="/dev/vda",
        type="ext4",
        mount="/",
        size_kb=1,
        used_kb=1,
        available_kb=0,
        paths=("/",),
    )

    found = causes(cloud(root), [Outcome("a", (stopped, dead)), Outcome("b", (disk,))])

    assert [cause.finding for cause in found] == [disk]
    assert set(found[0].explains) == {stopped, dead}


def test_two_faults_stay_two_causes() -> None:
    frozen = finding("agent_process_frozen", "agent", "neutron-linuxbridge-agent@compute1")
    broker = finding("service_process_stopped", "service", "rabbitmq-server@controller")
    dead = finding("agent_dead", "agent", "neutron-linuxbridge-agent@compute1", symptom=True)

    found = causes(cloud(), [Outcome("a", (frozen, dead)), Outcome("b", (broker,))])

    assert {cause.finding for cause in found} == {frozen, broker}


def test_a_symptom_without_a_cause_says_so() -> None:
    dead = finding("agent_dead", "agent", "neutron-linuxbridge-agent@compute1", symptom=True)

    found = causes(cloud(), [Outcome("a", (dead,))])

    assert found[0].why_first == "It is a symptom, and nothing that could be seen explains it."


def dhcp_port() -> Port:
    return Port(
        source=source("api"),
        id="port1",
        name="",
        network_id="net1",
        mac="fa:16:3e:00:00:01",
        status="ACTIVE",
        admin_up=True,
        device_owner="network:dhcp",
        device_id="dhcp1-net1",
        host="network",
    )


def test_dnsmasq_stops_with_the_agent_that_started_it() -> None:
    gone = finding("dnsmasq_missing", "network", "net1")
    stopped = finding("agent_process_stopped", "agent", "neutron-dhcp-agent@network")
    world = cloud(agent("neutron-dhcp-agent", "network"), dhcp_port())
    (cause,) = causes(world, [Outcome("x", (gone, stopped))])
    assert cause.finding is stopped
    assert cause.explains == (gone,)


def test_dnsmasq_does_not_stop_for_another_agents_trouble() -> None:
    """Its port hangs on the Linux bridge agent, but the process does not."""
    gone = finding("dnsmasq_missing", "network", "net1")
    frozen = finding("agent_process_frozen", "agent", "neutron-linuxbridge-agent@network")
    dead = finding("agent_dead", "agent", "neutron-dhcp-agent@network", symptom=True)
    agents = (agent(name, "network") for name in ("neutron-dhcp-agent", "neutron-linuxbridge-agent"))
    found = causes(cloud(*agents, dhcp_port()), [Outcome("x", (gone, frozen, dead))])
    assert gone in [cause.finding for cause in found]
