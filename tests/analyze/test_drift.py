"""The time line, an earlier look, and the whole answer. Facts are made up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from mitate.analyze.causes import causes
from mitate.analyze.drift.drift import drift
from mitate.analyze.drift.earlier import changed_since, uncompared
from mitate.model.change import Migration, Package, PackageChange, PendingReboot, Session
from mitate.model.diagnosis import Evidence, Finding, Outcome, Severity, State, Subject
from mitate.model.drift import Drift
from mitate.model.host import ConfigFile, ConfigOption, HostIdentity, LogLine, Process
from mitate.model.placement import Aggregate
from mitate.model.snapshot import Snapshot, snapshot
from mitate.model.source import Fact, Source

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DAY = NOW - timedelta(days=1)


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def at(host: str) -> Source:
    return Source(host, "asked", NOW)


def option(host: str, name: str, value: str, changed: datetime = DAY, **more: Any) -> list[Fact]:
    said: dict[str, Any] = {"file": "/etc/nova/nova.conf", "section": "DEFAULT", "line": 7, **more}
    return [
        ConfigOption(source=at(host), service="nova-compute", name=name, value=value, **said),
        ConfigFile(
            source=at(host),
            service="nova-compute",
            path=said["file"],
            position=0,
            changed_at=changed,
            key="k",
        ),
    ]


def error(host: str, when: datetime, level: str = "ERROR") -> LogLine:
    return LogLine(
        source=at(host), service="nova-compute", file="/l", at=when, level=level, message="No such thing"
    )


def look(*facts: Fact, taken_at: datetime = NOW) -> Snapshot:
    return snapshot("lab", taken_at, facts)


CHANGED = [
    *option("c1", "cpu_allocation_ratio", "4.0"),
    *option("c2", "cpu_allocation_ratio", "16.0", ago(20)),
    *option("c3", "cpu_allocation_ratio", "4.0"),
    error("c2", ago(6)),
    error("c1", ago(2)),
    error("c3", ago(90), "WARNING"),
]


def told(*facts: Fact) -> Drift:
    return drift(look(*facts), DAY)


def test_the_change_stands_beside_the_first_error() -> None:
    found = told(*CHANGED)
    assert found.state is State.PROBLEM
    assert found.first_error is not None
    assert (found.first_error.host, found.first_error.at) == ("c2", ago(6))
    nearest = found.first_error.before[0]
    assert nearest.at == ago(20)
    assert nearest.options == ("[DEFAULT] cpu_allocation_ratio",)
    assert nearest.says == (
        "/etc/nova/nova.conf changed: [DEFAULT] cpu_allocation_ratio (read by nova-compute)"
    )


def test_a_clock_that_is_off_is_set_right() -> None:
    ahead = HostIdentity(source=at("c2"), hostname="c2", kernel="6", os="debian 12", clock_offset_s=600.0)
    found = told(*CHANGED, ahead)
    assert found.first_error is not None
    assert found.first_error.at == ago(16)  # and c1, which wrote after it, is not the first


def test_every_kind_of_change_in_its_order() -> None:
    boot = HostIdentity(source=at("c1"), hostname="c1", kernel="6", os="debian 12", booted_at=ago(50))
    upgrade = {"action": "upgrade", "before": "1", "after": "2"}
    process: dict[str, Any] = {"ppid": 1, "state": "S", "command": "x"}
    found = told(
        boot,
        Process(source=at("c1"), pid=91, service="nova-compute", started_at=ago(49), **process),
        Process(source=at("c1"), pid=92, service="neutron-l3-agent", started_at=ago(10), **process),
        Process(source=at("c1"), pid=93, service="qemu", started_at=ago(9), **process),
        PackageChange(source=at("c1"), at=ago(40), name="nova-common", **upgrade),
        PackageChange(source=at("c1"), at=ago(39), name="python3-nova", **upgrade),
        Package(source=at("c1"), name="nova-common", version="2", installed_at=ago(40)),
        Package(source=at("r1"), name="openstack-nova-common", version="2", installed_at=ago(38)),
        Session(source=at("c1"), at=ago(30), kind="ansible", did="copy /etc/nova/nova.conf"),
        Session(source=at("c1"), at=ago(35), kind="login", user="root", from_ip="10.0.0.2"),
        Migration(source=at("api"), server_id="s", kind="migration", status="error", from_host="c1",
                  to_host="c2", at=ago(20)),
        Aggregate(source=at("api"), id="1", uuid="u", name="fast", changed_at=ago(15)),
        PendingReboot(source=at("c1"), wanted=True, packages=("linux-image-amd64",)),
    )  # fmt: skip
    assert [(each.kind, each.says) for each in found.changes] == [
        ("reboot", "booted, 1 services came up with it"),
        ("package", "upgrade nova-common 1 → 2, upgrade python3-nova 1 → 2"),
        ("package", "installed openstack-nova-common 2"),
        ("session", "login of root from 10.0.0.2"),
        ("session", "ansible: copy /etc/nova/nova.conf"),
        ("api", "migration of server s from c1 to c2: error"),
        ("api", "host aggregate fast changed"),
        ("restart", "started: neutron-l3-agent"),
    ]
    assert "c1 asks to be rebooted (linux-image-amd64)" in found.notes


def test_only_what_was_asked_for() -> None:
    assert not drift(look(*CHANGED), ago(1)).changes
    assert drift(look(*CHANGED), ago(1)).first_error is None


def test_an_earlier_look() -> None:
    kernel: dict[str, Any] = {"hostname": "c1", "os": "debian 12"}
    before = look(
        *option("c1", "cpu_allocation_ratio", "4.0"),
        Package(source=at("c1"), name="nova-common", version="1"),
        HostIdentity(source=at("c1"), kernel="6.1", **kernel),
        taken_at=DAY,
    )
    now = look(
        *option("c1", "cpu_allocation_ratio", "16.0", ago(20)),
        *option("c1", "reserved_host_cpus", "2", ago(20)),
        Package(source=at("c1"), name="nova-common", version="2"),
        HostIdentity(source=at("c1"), kernel="6.2", **kernel),
    )
    assert [each.says for each in changed_since(before, now)] == [
        "[DEFAULT] cpu_allocation_ratio on c1 is 16.0 and was 4.0",
        "[DEFAULT] reserved_host_cpus on c1 is 2 and was (not set)",
        "nova-common on c1 is 2 and was 1",
        "c1 runs the kernel 6.2 and ran 6.1",
    ]
    assert not list(changed_since(before, before))
    assert drift(now, DAY, before).earlier == DAY


def test_digests_of_two_keys_are_not_compared() -> None:
    def one(digest: str, key: str) -> Snapshot:
        facts = option("c1", "password", "", redacted=True, digest=digest)
        facts = [f if isinstance(f, ConfigOption) else ConfigFile(
            source=at("c1"), service="nova-compute", path="/etc/nova/nova.conf", position=0,
            changed_at=DAY, key=key) for f in facts]  # fmt: skip
        return look(*facts)

    assert not list(changed_since(one("a", "k1"), one("b", "k2")))
    assert "not compared" in next(iter(uncompared(one("a", "k1"), one("b", "k2"))))
    assert [each.here for each in changed_since(one("a", "k1"), one("b", "k1"))] == ["(not told)"]


def test_a_change_explains_what_began_soon_after_it_however_severe() -> None:
    def finding(check: str, subject: Subject, since: datetime, severity: Severity, symptom: bool) -> Finding:
        seen = (Evidence("c2", "asked", NOW, "x"),)
        return Finding(check=check, severity=severity, subject=subject, says="x", evidence=seen, since=since,
                       symptom=symptom)  # fmt: skip

    config = Subject("config", "c2:/etc/nova/nova.conf[DEFAULT]", "x", "c2")
    service = Subject("service", "nova-compute@c2", "x", "c2")
    facts = look(
        *option("c2", "cpu_allocation_ratio", "16.0"),
        Process(source=at("c2"), pid=91, ppid=1, state="S", service="nova-compute", command="x"),
    )

    def first(changed: datetime) -> list[str]:
        findings = (
            finding("service_dead_to_openstack", service, ago(10), Severity.CRITICAL, True),
            finding("option_differs_among_equals", config, changed, Severity.WARNING, False),
        )
        ranked = causes(facts, [Outcome("x", findings)])
        return [cause.finding.check for cause in ranked]

    assert first(ago(14)) == ["option_differs_among_equals"]
    assert len(first(ago(600))) == 2, "too long before"
    assert len(first(ago(5))) == 2, "it came after"
