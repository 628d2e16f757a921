"""A small world for the tests of checks: facts with sensible defaults, and the outcome of a check on them.

Facts here are made up, not recorded: a test names only the fields that matter to it. ``now`` is fixed.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest

from mitate.analyze.check import Check
from mitate.analyze.subjects import AGENT_TYPES
from mitate.model import change, cloud, host, net, placement
from mitate.model.diagnosis import Evidence, Finding, Outcome, State
from mitate.model.snapshot import Snapshot, snapshot
from mitate.model.source import API, Fact, Gap, Source

F = TypeVar("F", bound=Fact)

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

#: What a fact says where the test does not: healthy, or neutral.
DEFAULTS: dict[type[Fact], dict[str, Any]] = {
    cloud.ComputeService: {"id": "1", "binary": "nova-compute", "zone": "nova", "enabled": True, "up": True},
    cloud.Endpoint: {"interface": "public", "region": "RegionOne", "status": 200},
    cloud.Flavor: {"id": "f1", "name": "small", "vcpus": 1, "ram_mb": 64, "disk_gb": 1},
    cloud.FloatingIp: {"id": "fip1", "address": "203.0.113.10", "network_id": "ext", "status": "ACTIVE"},
    cloud.Network: {
        "id": "net1",
        "name": "net1",
        "project_id": "p1",
        "status": "ACTIVE",
        "admin_up": True,
        "external": False,
    },
    cloud.NetworkAgent: {"id": "a1", "alive": True, "admin_up": True},
    cloud.Port: {
        "id": "port1",
        "name": "",
        "network_id": "net1",
        "mac": "fa:16:3e:00:00:01",
        "status": "ACTIVE",
        "admin_up": True,
    },
    cloud.Router: {
        "id": "r1",
        "name": "r1",
        "project_id": "p1",
        "status": "ACTIVE",
        "admin_up": True,
    },
    cloud.Server: {"id": "s1", "name": "vm1", "project_id": "p1", "status": "ACTIVE"},
    cloud.Subnet: {
        "id": "sub1",
        "name": "sub1",
        "network_id": "net1",
        "cidr": "10.10.0.0/24",
        "ip_version": 4,
        "dhcp": True,
    },
    change.Package: {"name": "nova-common", "version": "2:26.2.2-1", "arch": "all"},
    host.ConfigFile: {"path": "/etc/nova/nova.conf", "position": 0, "key": "k1"},
    host.ConfigOption: {"file": "/etc/nova/nova.conf", "section": "DEFAULT", "line": 7},
    host.Container: {"state": "running", "status": "Up 3 hours"},
    host.Filesystem: {
        "device": "/dev/sda1",
        "type": "ext4",
        "mount": "/",
        "size_kb": 100_000_000,
        "used_kb": 40_000_000,
        "available_kb": 60_000_000,
    },
    host.HostContact: {"reached": True},
    host.HostIdentity: {"kernel": "6.1.0", "os": "debian 12", "clock_offset_s": 0.0},
    host.LogFile: {"size_bytes": 4_000_000, "written_at": NOW},
    host.LogLine: {"at": NOW, "level": "ERROR"},
    host.OpenLog: {"pid": 4711},
    host.Process: {"pid": 4711, "ppid": 1, "state": "S"},
    host.Socket: {"state": "ESTAB", "local_ip": "10.0.0.11", "local_port": 40000},
    host.TimeSync: {"daemon": "chronyd", "synchronised": True},
    host.Unit: {"load": "loaded", "active": "active", "sub": "running", "enabled": "enabled"},
    placement.Aggregate: {"id": "1", "uuid": "agg1", "name": "az2"},
    placement.Allocation: {"resource_class": "VCPU", "amount": 1},
    placement.Inventory: {
        "resource_class": "VCPU",
        "total": 8,
        "reserved": 0,
        "ratio": 16.0,
        "min_unit": 1,
        "max_unit": 8,
        "step_size": 1,
        "used": 0,
    },
    net.Link: {"namespace": "", "index": 1, "kind": "", "mtu": 1500, "up": True, "state": "UP"},
}


class World:
    """Facts, gaps and where was looked, gathered one by one; ``run`` gives them to a check."""

    def __init__(self) -> None:
        self.now = NOW
        self.facts: list[Fact] = []
        self.gaps: list[Gap] = []
        self.seen: set[tuple[str, str]] = set()

    def ago(self, seconds: float) -> datetime:
        return self.now - timedelta(seconds=seconds)

    def source(self, where: str, asked: str = "") -> Source:
        return Source(where, asked or f"a question to {where}", self.now)

    def add(self, kind: type[F], where: str = "", /, **fields: Any) -> F:
        """A fact of ``kind`` seen at host ``where`` (default: the API), its other fields from DEFAULTS."""
        fact = kind(source=self.source(where or API), **{**DEFAULTS.get(kind, {}), **fields})
        self.facts.append(fact)
        return fact

    def looked(self, kind: type[Fact], *where: str) -> None:
        """Somebody looked for ``kind`` there (default: at the API) and got an answer, maybe empty."""
        self.seen |= {(kind.__name__, place) for place in where or (API,)}

    def gap(self, where: str, *kinds: type[Fact], why: str = "permission denied") -> Gap:
        """Nobody could look for ``kinds`` there."""
        gap = Gap(where, "question", why, tuple(kind.__name__ for kind in kinds))
        self.gaps.append(gap)
        return gap

    def agent(self, binary: str, at: str, **fields: Any) -> cloud.NetworkAgent:
        """A row of the agent list; when alive, its last heartbeat is 2 s old, else 300 s."""
        beat = self.ago(2 if fields.get("alive", True) else 300)
        said = {"type": AGENT_TYPES.get(binary, binary), "heartbeat_at": beat, **fields}
        return self.add(cloud.NetworkAgent, binary=binary, host=at, **said)

    def compute_service(self, binary: str, at: str, **fields: Any) -> cloud.ComputeService:
        """A row of the compute service list; when up, its last report is 2 s old, else 300 s."""
        beat = self.ago(2 if fields.get("up", True) else 300)
        return self.add(cloud.ComputeService, binary=binary, host=at, **{"updated_at": beat, **fields})

    def process(self, service: str, at: str, **fields: Any) -> host.Process:
        said = {
            "service": service,
            "command": f"/usr/bin/python3 /usr/bin/{service} --config-file=/etc/{service}.conf",
            "unit": f"{service}.service",
            "started_at": self.ago(86_400),
            **fields,
        }
        return self.add(host.Process, at, **said)

    def unit(self, service: str, at: str, **fields: Any) -> host.Unit:
        return self.add(host.Unit, at, service=service, **{"name": f"{service}.service", **fields})

    def option(self, service: str, at: str, name: str, value: str = "", **fields: Any) -> host.ConfigOption:
        """An option of a file that was changed a day ago; with a digest and no value it is redacted."""
        said = {"service": service, "name": name, "value": value, **fields}
        said.setdefault("redacted", "digest" in fields and not value)
        option = self.add(host.ConfigOption, at, **said)
        if not any(
            (f.source.host, f.path, f.service) == (at, option.file, service)
            for f in self.facts
            if isinstance(f, host.ConfigFile)
        ):
            self.config_file(service, at, path=option.file)
        return option

    def config_file(self, service: str, at: str, **fields: Any) -> host.ConfigFile:
        said = {"service": service, "changed_at": self.ago(90_000), **fields}
        return self.add(host.ConfigFile, at, **said)

    def stopped_unit(self, service: str, at: str, **fields: Any) -> host.Unit:
        """Enabled, and stopped by hand 300 s ago."""
        said = {"active": "inactive", "sub": "dead", "since": self.ago(300), "main_pid": 0, **fields}
        return self.unit(service, at, **said)

    def log(self, service: str, where: str, message: str, /, **fields: Any) -> host.LogLine:
        said = {"file": f"/var/log/{service}.log", "at": self.ago(5), **fields}
        return self.add(host.LogLine, where, service=service, message=message, **said)

    def reached(self, *hosts: str) -> None:
        """Each of them answered: its contact, and an unremarkable process list."""
        for name in hosts:
            self.add(host.HostContact, name, host=name)
            self.add(host.Process, name, pid=900, service="", command="/usr/sbin/chronyd -F 1")

    def unreached(self, name: str, reason: str, detail: str = "") -> host.HostContact:
        return self.add(host.HostContact, name, host=name, reached=False, reason=reason, detail=detail)

    def snapshot(self) -> Snapshot:
        return snapshot("test", self.now, self.facts, self.gaps, self.seen)

    def run(self, check: Check) -> Outcome:
        """The outcome; every kind that the check needs and nobody mentioned counts as looked for, and empty.

        So a test says with ``gap`` what could not be seen, and nothing where there is nothing to say.
        """
        spoken = {kind for gap in self.gaps for kind in gap.kinds}
        for kind in check.needs:
            if kind.__name__ not in spoken:
                self.looked(kind)
        return check.run(self.snapshot())

    def only(self, check: Check) -> Finding:
        """The one finding of a check that must have found exactly one problem."""
        outcome = self.run(check)
        assert outcome.state is State.PROBLEM, outcome
        assert len(outcome.findings) == 1, [finding.says for finding in outcome.findings]
        finding = outcome.findings[0]
        assert all(isinstance(seen, Evidence) and seen.excerpt for seen in finding.evidence)
        return finding

    def state(self, check: Check) -> State:
        return self.run(check).state


@pytest.fixture
def world() -> World:
    return World()
