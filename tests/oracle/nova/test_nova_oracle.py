"""What the oracle of `mitate placement` draws, reads and judges: that it would notice."""

from __future__ import annotations

from datetime import UTC, datetime

from mitate.model.placement import Explanation, HostAnswer, Stage, StageLeft, Verdict, Wanted
from tests.oracle.nova.ask import Truth
from tests.oracle.nova.draw import Host, request, state
from tests.oracle.nova.judge import disagreements
from tests.oracle.nova.log import Filtered, Said, said

HOSTS = tuple(
    Host(f"fake{number}", {"VCPU": 10, "MEMORY_MB": 8192, "DISK_GB": 1028}, True) for number in range(1, 7)
)
PLAIN = "2026-11-22 22:00:00.000 7 DEBUG nova.x [None req-1 user project - - default default] "
WHERE = " get_filtered_objects /usr/lib/python3/dist-packages/nova/filters.py:104"


def test_a_request_is_its_seed_and_number() -> None:
    there = state(7, 0, HOSTS, "project")
    assert there == state(7, 0, HOSTS, "project")
    assert request(7, 3, there, HOSTS) == request(7, 3, there, HOSTS)
    assert request(7, 3, there, HOSTS) != request(8, 3, there, HOSTS)


def test_every_draw_can_be_made() -> None:
    """No host in two zones; nobody takes more than a consumer may have; hints name servers that exist."""
    for number in range(60):
        there = state(3, number, HOSTS, "project")
        zoned = [host for each in there.aggregates if each.zone for host in each.hosts]
        assert len(zoned) == len(set(zoned))
        assert all(amount <= HOSTS[0].room[name] for node in there.nodes for name, amount in node.taken)
        assert not {node.name for node in there.nodes if node.down} & {each.host for each in there.servers}
        asked = request(3, number, there, HOSTS)
        named = {value[1:] for _, value in asked.hints if value.startswith("@")}
        assert named <= {each.name for each in there.servers}


# -- the log ----------------------------------------------------------------------------------------------


def test_the_log_of_a_request_that_no_filter_let_through() -> None:
    lines = [
        f"{PLAIN}Starting to schedule for instances: ['i'] select_destinations /x/manager.py:157",
        f"{PLAIN}Update host state from compute node: ComputeNode(cpu_allocation_ratio=4.0,host='a',"
        "hypervisor_hostname='a.lab',id=1) _locked_update /x/host_manager.py:167",
        f"{PLAIN}Update host state from compute node: ComputeNode(cpu_allocation_ratio=4.0,host='b',"
        "hypervisor_hostname='b.lab',id=2) _locked_update /x/host_manager.py:167",
        f"{PLAIN}Starting with 2 host(s){WHERE}",
        f"{PLAIN}Filter ComputeFilter returned 1 host(s){WHERE}",
        f"{PLAIN.replace('DEBUG', 'INFO')}Filter SameHostFilter returned 0 hosts",
        f"{PLAIN}Filtering removed all hosts for the request with instance ID 'i'. Filter results: "
        f"[('ComputeFilter', [('b', 'b.lab')]), ('SameHostFilter', None)]{WHERE}",
        f"{PLAIN}Filtering removed all hosts for the request with instance ID 'i'. Filter results: "
        "['ComputeFilter: (start: 2, end: 1)', 'SameHostFilter: (start: 1, end: 0)']",
        f"{PLAIN}Filtered [] _get_sorted_hosts /x/manager.py:610",
        f"{PLAIN.replace('req-1', 'req-2')}Starting with 7 host(s){WHERE}",
    ]
    found = said(lines, "req-1")
    assert found.candidates == frozenset({"a.lab", "b.lab"})
    assert found.started == 2
    assert found.filters == (
        Filtered("ComputeFilter", 1, frozenset({"b.lab"})),
        Filtered("SameHostFilter", 0, frozenset()),
    )
    assert found.final == frozenset()


def test_the_first_server_of_several_counts() -> None:
    filtered = "Filtered [(a, a.lab) ram: 1MB disk: 0MB io_ops: 0 instances: 0] f /x/manager.py:610"
    lines = [
        f"{PLAIN}Starting with 1 host(s){WHERE}",
        f"{PLAIN}Filter ComputeFilter returned 1 host(s){WHERE}",
        f"{PLAIN}{filtered}",
        f"{PLAIN}Selected host: (a, a.lab) ram: 1MB disk: 0MB io_ops: 0 instances: 0 f /x/manager.py:520",
        f"{PLAIN}Starting with 1 host(s){WHERE}",
        f"{PLAIN.replace('DEBUG', 'INFO')}Filter ComputeFilter returned 0 hosts",
        f"{PLAIN}There are 1 hosts available but 2 instances requested to build. f /x/manager.py:448",
    ]
    found = said(lines, "req-1")
    assert found.filters == (Filtered("ComputeFilter", 1),)
    assert (found.final, found.selected, found.short) == (frozenset({"a.lab"}), 1, True)


# -- the judgement ----------------------------------------------------------------------------------------

REAL = Truth(
    Stage.FILTERS,
    log=Said(
        reached=True,
        candidates=frozenset({"a", "b"}),
        started=2,
        filters=(
            Filtered("ComputeFilter", 1, frozenset({"b"})),
            Filtered("SameHostFilter", 0, frozenset()),
        ),
        final=frozenset(),
    ),
)


def explained(
    verdict: Verdict = Verdict.NO_HOST,
    stage: Stage | None = Stage.FILTERS,
    a: str = "ComputeFilter",
    b: str = "SameHostFilter",
    left: int = 1,
) -> Explanation:
    """c is refused by Placement, a and b by filters."""
    return Explanation(
        cloud="lab",
        taken_at=datetime.now(UTC),
        wanted=Wanted(name="x", flavor_name="f", vcpus=1, ram_mb=1, disk_gb=1),
        verdict=verdict,
        stage=stage,
        says="",
        waterfall=(
            StageLeft(Stage.PLACEMENT, "hosts", 3),
            StageLeft(Stage.PLACEMENT, "1 VCPU", 2),
            StageLeft(Stage.FILTERS, "ComputeFilter", left),
            StageLeft(Stage.FILTERS, "SameHostFilter", 0),
        ),
        hosts=(
            HostAnswer(host="a", rejected_by=a, stage=Stage.FILTERS),
            HostAnswer(host="b", rejected_by=b, stage=Stage.FILTERS),
            HostAnswer(host="c", rejected_by="VCPU", stage=Stage.PLACEMENT),
        ),
    )


def test_it_agrees_with_what_is_right() -> None:
    assert disagreements(REAL, explained()) == []


def test_it_notices_a_wrong_verdict_and_a_wrong_stage() -> None:
    assert disagreements(REAL, explained(verdict=Verdict.FITS, stage=None))
    assert disagreements(REAL, explained(stage=Stage.PLACEMENT))
    assert disagreements(REAL, explained(verdict=Verdict.UNKNOWN, stage=None)) == []


def test_it_notices_a_wrong_number_and_a_wrong_host() -> None:
    assert disagreements(REAL, explained(left=2))
    assert disagreements(REAL, explained(a="SameHostFilter", b="ComputeFilter"))


def test_it_notices_a_host_too_many_after_placement() -> None:
    fewer = REAL._replace(log=REAL.log._replace(candidates=frozenset({"a"})))
    assert disagreements(fewer, explained())


def test_it_notices_a_filter_left_out() -> None:
    first = Filtered("AvailabilityZoneFilter", 2, frozenset({"a", "b"}))
    more = REAL._replace(log=REAL.log._replace(filters=(first, *REAL.log.filters)))
    assert disagreements(more, explained())
