"""The explanation of requests in a small made-up cloud."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from mitate.model.cloud import Hypervisor
from mitate.model.placement import (
    Candidates,
    Change,
    Explanation,
    SchedulingLine,
    ServerEvent,
    ServerRequest,
    Stage,
    Verdict,
)
from tests.placement.small import SOURCE, Small


def changes(answer: Explanation) -> list[str]:
    return [each.change for each in answer.smallest_changes]


def change(answer: Explanation, word: str) -> Change:
    found = [each for each in answer.smallest_changes if word in each.change]
    assert found, changes(answer)
    return found[0]


def left(answer: Explanation) -> dict[str, int]:
    return {each.name: each.left for each in answer.waterfall}


def test_fits() -> None:
    answer = Small().explain()
    assert (answer.verdict, answer.stage) == (Verdict.FITS, None)
    assert answer.says == "a, b and c would take it now."
    assert not answer.smallest_changes and not answer.unsatisfiable
    assert answer.largest and answer.largest.flavor == "medium"
    assert {each.flavor: (each.now, each.after_loss) for each in answer.rooms} == {
        "medium": (6, 4),
        "small": (24, 16),
    }


def test_too_many_vcpus() -> None:
    answer = Small().explain(vcpus=9)
    assert (answer.verdict, answer.stage) == (Verdict.NO_HOST, Stage.PLACEMENT)
    assert {each.rejected_by for each in answer.hosts} == {"VCPU"}
    assert (answer.hosts[0].wanted, answer.hosts[0].available) == (9, 8)
    assert [[each.name for each in one] for one in answer.unsatisfiable] == [["VCPU"]]
    assert change(answer, "at most 8 VCPUs").hosts_then == ("a", "b", "c")
    assert left(answer)["VCPU 9"] == 0


def test_memory_used_up() -> None:
    used = {each: {"MEMORY_MB": amount} for each, amount in zip("abc", (9000, 12000, 16000), strict=True)}
    answer = Small(used=used).holds("a", "s1", "MEMORY_MB", 9000).explain()
    assert answer.stage is Stage.PLACEMENT
    assert change(answer, "free 1000 MB of MEMORY_MB on a (old holds 9000 MB)").hosts_then == ("a",)
    assert change(answer, "at most 7000 MB").hosts_then == ("a",)
    assert change(answer, "flavour small").hosts_then == ("a", "b")
    assert answer.hosts[0].says == "a has 7000 MB of MEMORY_MB left (16000 - 9000 used), 8000 MB wanted"


def test_orphaned_allocations_come_first() -> None:
    world = Small("a", used={"a": {"MEMORY_MB": 16000}}).holds("a", "gone", "MEMORY_MB", 16000)
    answer = world.explain()
    assert "orphaned allocation" in changes(answer)[0]
    assert answer.smallest_changes[0].commands[0].endswith("allocation delete gone")


def test_ratio_and_reserved() -> None:
    answer = Small("a", ratio={"a": {"VCPU": 0.1}}).explain()
    assert "raise the allocation ratio of VCPU on a from 0.1 to 0.5" in changes(answer)
    answer = Small("a", reserved={"a": {"MEMORY_MB": 16000}}).explain()
    assert "lower what a reserves of MEMORY_MB from 16000 to 8000" in changes(answer)


def test_a_zone_whose_hosts_are_all_disabled() -> None:
    """Nova's API refuses it; a host that is forced is asked nevertheless."""
    world = Small(zone={"a": "az1", "b": "az2", "c": "az2"}, disabled="a")
    answer = world.explain(zone="az1")
    assert (answer.verdict, answer.stage) == (Verdict.NO_HOST, Stage.REQUEST)
    assert "az1 is not available, for its hosts are disabled (a)" in answer.says
    assert answer.smallest_changes[0].change.startswith("enable nova-compute on a")
    assert answer.smallest_changes[0].hosts_then == ("a",)
    assert world.explain(zone="az1", forced_host="a").stage is Stage.PLACEMENT
    assert world.explain(zone="az2").verdict is Verdict.FITS


def test_trait_nobody_has_and_zone() -> None:
    answer = Small(traits={"a": "CUSTOM_SSD"}, zone={"a": "az1", "b": "az2", "c": "az2"}).explain(
        extra_specs=(("trait:CUSTOM_SSD", "required"),), zone="az2"
    )
    assert [sorted(each.kind for each in one) for one in answer.unsatisfiable] == [["member_of", "trait"]]
    assert change(answer, "zone az1 instead of az2").hosts_then == ("a",)
    assert change(answer, "take property trait:CUSTOM_SSD off flavour medium").hosts_then == ("b", "c")
    assert change(answer, "put the trait CUSTOM_SSD on").hosts_then


def test_forbidden_trait() -> None:
    answer = Small("a b", traits={"a": "CUSTOM_OLD", "b": "CUSTOM_OLD"}).explain(
        extra_specs=(("trait:CUSTOM_OLD", "forbidden"),)
    )
    assert {each.rejected_by for each in answer.hosts} == {"CUSTOM_OLD"}
    assert change(answer, "take the trait CUSTOM_OLD off a").hosts_then == ("a",)


def test_disabled_host_is_enabled() -> None:
    answer = Small("a b", disabled="a b").explain()
    assert answer.stage is Stage.PLACEMENT
    assert change(answer, "enable nova-compute on a").hosts_then == ("a",)
    assert answer.hosts[0].says.startswith("a is disabled")


def test_filters_are_asked_after_placement() -> None:
    answer = Small("a b", down="a", used={"b": {"DISK_GB": 100}}).explain()
    assert (answer.verdict, answer.stage) == (Verdict.NO_HOST, Stage.FILTERS)
    assert [(each.host, each.rejected_by) for each in answer.hosts] == [
        ("a", "ComputeFilter"),
        ("b", "DISK_GB"),
    ]
    assert left(answer)["ComputeFilter"] == 0


def test_two_changes_where_one_is_not_enough() -> None:
    answer = Small("a", disabled="a", traits={"a": ""}).explain(
        extra_specs=(("trait:CUSTOM_SSD", "required"),)
    )
    assert all(" and " in each for each in changes(answer))
    assert any("enable" in each and "CUSTOM_SSD" in each for each in changes(answer))


def test_host_without_a_cell() -> None:
    world = Small("a new", disabled="a")
    world.facts = [each for each in world.facts if getattr(each, "service_host", "") != "new"]
    answer = world.explain()
    assert answer.stage is Stage.CLAIM
    assert change(answer, "map new to its cell").hosts_then == ("new",)


def test_what_was_not_seen_is_unknown() -> None:
    world = Small("a")
    world.facts = [each for each in world.facts if type(each).__name__ != "Inventory"]
    world.facts = [each for each in world.facts if type(each).__name__ != "ProviderTraits"]
    answer = world.explain()
    assert answer.verdict is Verdict.UNKNOWN
    assert "inventories of a" in answer.hosts[0].unknown


def test_placements_word_counts() -> None:
    world = Small("a")
    query = "resources=DISK_GB:40,MEMORY_MB:8000,VCPU:4&root_required=!COMPUTE_STATUS_DISABLED"
    world.facts.append(Candidates(source=SOURCE, query=query))
    answer = world.explain()
    assert (answer.verdict, answer.hosts[0].rejected_by) == (Verdict.NO_HOST, "Placement")
    assert any("Placement's own answer" in each for each in answer.assumptions)


def test_a_request_that_is_refused() -> None:
    answer = Small().explain(host="nowhere")
    assert (answer.verdict, answer.stage) == (Verdict.NO_HOST, Stage.REQUEST)
    assert "there is no compute host nowhere" in answer.says


def test_unmet_request_without_any_host() -> None:
    world = Small("")
    assert world.explain().verdict is Verdict.UNKNOWN


# -- servers that failed ------------------------------------------------------------


def failed(fault: str, status: str = "ERROR", task: str = "") -> ServerRequest:
    return ServerRequest(
        source=SOURCE,
        server_id="vm1",
        name="vm",
        project_id="p",
        status=status,
        flavor_name="medium",
        vcpus=4,
        ram_mb=8000,
        disk_gb=40,
        fault=fault,
        task_state=task,
    )


def event(host: str, message: str) -> ServerEvent:
    return ServerEvent(
        source=SOURCE,
        server_id="vm1",
        action="create",
        request_id="req-1",
        event="compute__do_build_and_run_instance",
        host=host,
        result="Error",
        message=message,
        started_at=datetime(2026, 11, 22, tzinfo=UTC),
    )


EXHAUSTED = (
    "Exceeded maximum number of retries. Exhausted all hosts available for retrying build failures for \
instance vm1."
)


@pytest.mark.parametrize(
    ("message", "check", "word"),
    [
        (
            "Binding failed for port 27155072-b786-420a-9ed4-007dc7df17c0, please check neutron logs.",
            "port_binding_failed",
            "could not be bound on a",
        ),
        ("Image 42 is unacceptable: checksum", "server_got_no_host", "checksum"),
    ],
)
def test_the_echo_of_a_failed_build(message: str, check: str, word: str) -> None:
    world = Small(more=[failed(EXHAUSTED), event("a", message)])
    answer = world.explain(server_id="vm1")
    assert (answer.verdict, answer.stage) == (Verdict.NO_HOST, Stage.SPAWN)
    assert answer.first_cause and answer.first_cause.check == check
    assert word in answer.first_cause.says


def test_would_fit_now() -> None:
    answer = Small(more=[failed("No valid host was found. ")]).explain(server_id="vm1")
    assert answer.verdict is Verdict.FITS
    assert "would take it now" in answer.says and "Placement had no candidate" in answer.says


def test_counts_of_novas_own_log() -> None:
    line = SchedulingLine(
        source=SOURCE,
        service="nova-scheduler",
        file="/var/log/nova/nova-scheduler.log",
        at=None,
        level="INFO",
        logger="nova.filters",
        request_id="req-1",
        message="Filtering removed all hosts for the request with instance ID 'vm1'. Filter results: "
        "['ComputeFilter: (start: 3, end: 2)', 'SameHostFilter: (start: 2, end: 0)']",
    )
    answer = Small(more=[failed("No valid host was found. "), event("", ""), line]).explain(server_id="vm1")
    nova = {each.name: each.nova_left for each in answer.waterfall if each.nova_left is not None}
    assert nova == {"ComputeFilter": 2, "SameHostFilter": 0}


def scheduling(message: str) -> SchedulingLine:
    """A line of the scheduler's own log about the server's request."""
    return SchedulingLine(
        source=SOURCE,
        service="nova-scheduler",
        file="/var/log/nova/nova-scheduler.log",
        at=None,
        level="INFO",
        logger="nova.filters",
        request_id="req-1",
        message=message,
    )


@pytest.mark.parametrize(
    ("lines", "verdict"),
    [
        (["Filter SameHostFilter returned 0 hosts"], Verdict.NO_HOST),
        (["Filter ComputeFilter returned 0 hosts"], Verdict.FITS),
        ([], Verdict.UNKNOWN),
    ],
)
def test_hints_that_nobody_tells(lines: list[str], verdict: Verdict) -> None:
    """A server that the filters refused, of which only the log can tell whether its hints did it."""
    fault = "No valid host was found. There are not enough hosts available."
    answer = Small(more=[failed(fault), event("", ""), *map(scheduling, lines)]).explain(
        server_id="vm1", unseen=("its scheduler hints, which this release does not tell",)
    )
    assert answer.verdict is verdict


@pytest.mark.parametrize(
    ("lines", "verdict"),
    [(["Filter PciPassthroughFilter returned 0 hosts"], Verdict.NO_HOST), ([], Verdict.UNKNOWN)],
)
def test_what_nobody_but_the_log_can_tell(lines: list[str], verdict: Verdict) -> None:
    """Which PCI devices are free, no API tells; that the filter left no host, the scheduler's log does."""
    fault = "No valid host was found. There are not enough hosts available."
    answer = Small(more=[failed(fault), event("", ""), *map(scheduling, lines)]).explain(
        server_id="vm1", extra_specs=(("pci_passthrough:alias", "gpu:1"),)
    )
    assert answer.verdict is verdict
    if lines:
        assert {each.rejected_by for each in answer.hosts} == {"PciPassthroughFilter"}
        assert all("by Nova's own log; which PCI devices" in each.says for each in answer.hosts)
        assert change(answer, "pci_passthrough:alias off").hosts_then == ("a", "b", "c")
    else:
        assert "which PCI devices" in answer.says


@pytest.mark.parametrize(("driver", "verdict"), [("fake", Verdict.NO_HOST), ("QEMU", Verdict.UNKNOWN)])
@pytest.mark.parametrize("asked", ["pci_passthrough:alias", "hw:numa_nodes"])
def test_a_forced_host_is_asked_by_no_filter_and_claims_all_the_same(
    driver: str, verdict: Verdict, asked: str
) -> None:
    """Without NUMA cells the claim asks for none (nova.compute.claims.Claim._test_numa_topology)."""
    small = Small("a")
    small.facts = [
        replace(each, type=driver) if isinstance(each, Hypervisor) else each for each in small.facts
    ]
    answer = small.explain(zone="nova", forced_host="a", extra_specs=((asked, "1"),))
    if asked == "hw:numa_nodes" and driver == "fake":
        assert answer.verdict is Verdict.FITS
        return
    assert answer.verdict is verdict
    if verdict is Verdict.NO_HOST:
        assert (answer.stage, answer.hosts[0].rejected_by) == (Stage.CLAIM, "PCI claim")
        assert answer.waterfall[-1].name == "PCI claim"


def test_hypervisors_are_named_by_their_service() -> None:
    world = Small("")
    world.facts.append(Hypervisor(source=SOURCE, id="1", hostname="n.example", service_host="n"))
    assert [each.host for each in world.explain().hosts] == ["n"]
