"""Hand-made explanations: no candidate, filtered away, an echo, a fit, hardly seen, 5,000 hosts, hostile."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from mitate.model.diagnosis import Confidence, Evidence, Finding, Severity, Subject
from mitate.model.placement import (
    Change,
    Constraint,
    Explanation,
    HostAnswer,
    Image,
    Room,
    ServerGroup,
    Stage,
    StageLeft,
    Usage,
    Verdict,
    Wanted,
)
from mitate.model.source import API, Gap, Source

HOSTILE = (
    "<script>alert(1)</script>",
    "\x1b[31mred\x1b]0;title\x07\x9b2J",
    "two\nlines\r\x00\x08",
    "x" * 10_000,
    "👩‍👩‍👧 & 見立て",
    "\u202egpj.exe \u05d0\u05d1\u05d2",
    "half \ud800 surrogate \ufffe",
    "]]> --> &amp; ''\"\"",
    "` | ; rm -rf / $(id)",
)
NOW = datetime(2026, 11, 22, 22, 10, tzinfo=UTC)
SOURCE = Source(API, "image show cirros", NOW)
IMAGE = Image(source=SOURCE, id="1c", name="cirros", properties=(("hw_disk_bus", "virtio"),))
HUGE = Wanted(
    name="big1",
    flavor_name="m1.huge",
    vcpus=64,
    ram_mb=2048,
    disk_gb=20,
    image=IMAGE,
    server_id="5f0c",
    extra_specs=(("trait:CUSTOM_SSD", "required"),),
)
VCPU = Constraint("resource", "VCPU", 64, origin="flavour m1.huge")
SSD = Constraint("trait", "CUSTOM_SSD", origin="its property trait:CUSTOM_SSD")


def seen(asked: str = "GET /allocation_candidates?resources=VCPU:64", excerpt: str = "roots=()") -> Evidence:
    return Evidence(API, asked, NOW, excerpt)


def no(host: str, has: int, *more: str) -> HostAnswer:
    return HostAnswer(
        host=host,
        rejected_by="VCPU",
        stage=Stage.PLACEMENT,
        line="64 VCPU",
        wanted=64,
        available=has,
        says=f"64 VCPU are wanted, {has} of 128 are free",
        more=more,
        evidence=(seen(),),
    )


@pytest.fixture
def candidate() -> Explanation:
    """Placement has none to offer: 64 VCPU, of which no host has more than 28, and a trait that half lack."""
    hosts = (
        *(no(f"compute{n}", has) for n, has in ((1, 28), (2, 28), (3, 12))),
        no("compute4", 30, "it lacks the trait CUSTOM_SSD"),
    )
    return Explanation(
        cloud="lab",
        taken_at=NOW,
        wanted=HUGE,
        verdict=Verdict.NO_HOST,
        stage=Stage.PLACEMENT,
        says="No provider has 64 VCPU free, the most that any has is 30",
        took_s=0.61,
        api_requests=21,
        waterfall=(
            StageLeft(Stage.PLACEMENT, "hosts", 4),
            StageLeft(Stage.PLACEMENT, "20 DISK_GB", 4),
            StageLeft(Stage.PLACEMENT, "2048 MEMORY_MB", 4),
            StageLeft(Stage.PLACEMENT, "64 VCPU", 0),
            StageLeft(Stage.PLACEMENT, "trait CUSTOM_SSD", 0),
            StageLeft(Stage.FILTERS, "ComputeFilter", 0),
        ),
        hosts=hosts,
        unsatisfiable=((VCPU,),),
        smallest_changes=(
            Change(
                "ask for 28 VCPU or fewer",
                ("compute1", "compute2"),
                ("openstack flavor create m1.huge-28 --vcpus 28 --ram 2048 --disk 20",),
                effort=2,
                confidence=Confidence.PROVED,
            ),
            Change(
                "raise cpu_allocation_ratio of compute1 from 4 to 5.2",
                ("compute1",),
                ("openstack --os-placement-api-version 1.26 resource provider inventory set …",),
                "more servers share each core: all of them slow down under load",
                3,
            ),
        ),
        usages=(
            Usage(
                host="compute1",
                resource_class="VCPU",
                wanted=64,
                total=32,
                reserved=0,
                ratio=4.0,
                capacity=128,
                used=100,
                max_unit=32,
                by=(("web1", 40), ("db1", 30), ("db2", 20), ("a1", 5), ("a2", 5)),
            ),
            Usage(
                host="compute1",
                resource_class="MEMORY_MB",
                wanted=2048,
                total=65536,
                reserved=512,
                ratio=1.0,
                capacity=65024,
                used=12288,
            ),
            Usage(host="compute2", resource_class="VCPU", wanted=64, capacity=128, used=100),
        ),
        largest=Room("m1.large", 14, 9, "compute1"),
        rooms=(Room("m1.large", 14, 9, "compute1"), Room("m1.small", 51, 37, "compute1")),
        evidence=(seen(),),
        assumptions=("enabled_filters are the defaults of Zed: nova.conf of the scheduler was not seen",),
        gaps=(Gap("controller", "scheduler_log", "permission denied"),),
    )


@pytest.fixture
def filtered(candidate: Explanation) -> Explanation:
    """Two filters turn the candidates away, and Nova's own log says as much but for one count."""
    hosts = (
        *(answer(f"az1-{n}", "ComputeFilter", "its service is disabled: maintenance") for n in range(8)),
        *(
            answer(f"az2-{n}", "ServerGroupAntiAffinityFilter", f"web{n} of group web runs there")
            for n in (1, 2, 3)
        ),
        HostAnswer(host="az2-4", unknown="the NUMA topology of hosts is not told by the API"),
    )
    group = ServerGroup(source=SOURCE, id="9a", name="web", policy="anti-affinity", members=("1", "2", "3"))
    return msgspec.structs.replace(
        candidate,
        wanted=msgspec.structs.replace(HUGE, vcpus=2, group=group, hints=(("group", "9a"),), zone="az2"),
        stage=Stage.FILTERS,
        says="ServerGroupAntiAffinityFilter turned the last 3 hosts away",
        unsatisfiable=(),
        waterfall=(
            StageLeft(Stage.PLACEMENT, "hosts", 12),
            StageLeft(Stage.PLACEMENT, "2 VCPU", 12, nova_left=12),
            StageLeft(Stage.FILTERS, "ComputeFilter", 4, nova_left=5),
            StageLeft(Stage.FILTERS, "NUMATopologyFilter", 4, unknown=1),
            StageLeft(Stage.FILTERS, "ServerGroupAntiAffinityFilter", 0, nova_left=0),
        ),
        hosts=hosts,
    )


def answer(host: str, by: str, says: str) -> HostAnswer:
    return HostAnswer(
        host=host, rejected_by=by, stage=Stage.FILTERS, says=f"{host}: {says}", evidence=(seen(),)
    )


@pytest.fixture
def echo(candidate: Explanation) -> Explanation:
    """Hosts were chosen, and building failed on each of them."""
    cause = Finding(
        "port_binding_failed",
        Severity.CRITICAL,
        Subject("port", "77", "port of big1", "compute1"),
        "Binding failed for the port of big1 on compute1: its agent is dead",
        (Evidence("compute1", "/var/log/nova/nova-compute.log", NOW, "PortBindingFailed: Binding failed"),),
        fix=("ssh compute1 sudo systemctl restart neutron-linuxbridge-agent",),
    )
    return msgspec.structs.replace(
        candidate,
        stage=Stage.SPAWN,
        says="building failed on every host that was tried: compute1, compute2",
        unsatisfiable=(),
        waterfall=(StageLeft(Stage.PLACEMENT, "hosts", 4), StageLeft(Stage.SPAWN, "building", 0)),
        hosts=(answer("compute1", "PortBindingFailed", "the port was not bound"),),
        first_cause=cause,
    )


@pytest.fixture
def fits(candidate: Explanation) -> Explanation:
    return msgspec.structs.replace(
        candidate,
        wanted=Wanted(name="", flavor_name="m1.small", vcpus=1, ram_mb=512, disk_gb=1, count=3),
        verdict=Verdict.FITS,
        stage=None,
        says="3 hosts would take it",
        waterfall=(StageLeft(Stage.PLACEMENT, "hosts", 4), StageLeft(Stage.FILTERS, "ComputeFilter", 3)),
        hosts=(
            *(HostAnswer(host=f"compute{n}") for n in (1, 2, 3)),
            answer("compute4", "ComputeFilter", "its service is down"),
        ),
        unsatisfiable=(),
        smallest_changes=(),
        usages=(),
        gaps=(),
        assumptions=(),
    )


@pytest.fixture
def blind(fits: Explanation) -> Explanation:
    return msgspec.structs.replace(
        fits,
        verdict=Verdict.UNKNOWN,
        says="every host that is left has a filter that cannot be evaluated",
        hosts=tuple(HostAnswer(host=f"compute{n}", unknown="MyFilter is not of Nova") for n in range(4)),
        waterfall=(
            StageLeft(Stage.PLACEMENT, "hosts", 4),
            StageLeft(Stage.FILTERS, "MyFilter", 4, unknown=4),
        ),
        gaps=(Gap(API, "placement", "HTTP 503"),),
    )


@pytest.fixture
def many(candidate: Explanation) -> Explanation:
    """Five thousand hosts, nearly all of which say the same, and sixteen filters."""
    full = (no(f"rack{n // 40:03}-node{n % 40:02}.example.org", n % 29) for n in range(4_000))
    away = (answer(f"idle{n:04}", "ComputeFilter", "its service is disabled") for n in range(900))
    apart = (
        answer(f"far{n:03}", "AggregateInstanceExtraSpecsFilter", f"its aggregate has pool=p{n}")
        for n in range(100)
    )
    filters = (StageLeft(Stage.FILTERS, f"Number{n}Filter", 1000, nova_left=1000) for n in range(14))
    return msgspec.structs.replace(
        candidate,
        stage=Stage.FILTERS,
        waterfall=(
            StageLeft(Stage.PLACEMENT, "hosts", 5000),
            StageLeft(Stage.PLACEMENT, "64 VCPU", 1000, nova_left=1000),
            *filters,
            StageLeft(Stage.FILTERS, "ComputeFilter", 100, nova_left=100),
            StageLeft(Stage.FILTERS, "AggregateInstanceExtraSpecsFilter", 0, nova_left=0),
            StageLeft(Stage.FILTERS, "LastFilter", 0),
            StageLeft(Stage.FILTERS, "VeryLastFilter", 0),
        ),
        hosts=(*full, *away, *apart),
        smallest_changes=tuple(Change(f"enable idle{n:04}", (f"idle{n:04}",)) for n in range(900)),
        assumptions=tuple(f"assumption {n}" for n in range(200)),
        gaps=tuple(Gap(f"idle{n:04}", "configuration", "no answer") for n in range(900)),
    )


@pytest.fixture
def hostile() -> list[Explanation]:
    return [_hostile(name) for name in HOSTILE]


def _hostile(name: str) -> Explanation:
    """Every word of it is that name."""
    two = (name, name)
    constraint = Constraint("resource", name, 1, name, name)
    cause = Finding(
        name, Severity.CRITICAL, Subject(name, name, name, name), name, (seen(name, name),), fix=(name,)
    )
    group = ServerGroup(source=SOURCE, id=name, name=name, policy=name)
    return Explanation(
        cloud=name,
        taken_at=NOW,
        wanted=Wanted(
            name=name,
            flavor_name=name,
            vcpus=1,
            ram_mb=1,
            disk_gb=1,
            extra_specs=(two,),
            image=Image(source=SOURCE, id=name, name=name, properties=(two,)),
            zone=name,
            host=name,
            forced_host=name,
            hints=(two,),
            group=group,
            project_id=name,
            server_id=name,
            unseen=(name,),
        ),
        verdict=Verdict.NO_HOST,
        stage=Stage.FILTERS,
        says=name,
        waterfall=(StageLeft(Stage.FILTERS, "hosts", 2), StageLeft(Stage.FILTERS, name, 0, 0, 1, name)),
        hosts=(
            HostAnswer(
                host=name,
                rejected_by=name,
                stage=Stage.FILTERS,
                wanted=name,
                available=name,
                says=name,
                more=(name,),
                evidence=(seen(name, name),),
            ),
            HostAnswer(host=f"{name}!", unknown=name),
            HostAnswer(host=f"{name}?"),
        ),
        unsatisfiable=((constraint, constraint),),
        smallest_changes=(Change(name, (name,), (name,), name),),
        usages=(Usage(host=name, resource_class=name, wanted=2, capacity=1, used=1, by=((name, 1),)),),
        largest=Room(name, 1, 0, name),
        rooms=(Room(f"{name}.", 1, 0, name),),
        first_cause=cause,
        evidence=(seen(name, name),),
        assumptions=(name,),
        gaps=(Gap(name, name, name),),
    )
