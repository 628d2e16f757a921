"""What Nova's API refuses before it asks the scheduler (nova.virt.hardware, nova.compute.api)."""

from __future__ import annotations

from typing import Any

import pytest

from mitate.model.placement import Image, Stage, Verdict
from tests.placement.small import SOURCE, Small


def img(**fields: Any) -> Image:
    return Image(**{"source": SOURCE, "id": "i", "name": "img", "status": "active", **fields})


def refused(specs: dict[str, str], image: Image, **fields: Any) -> str:
    """Why; "" when it is not."""
    answer = Small("a").explain(extra_specs=tuple(specs.items()), image=image, **fields)
    return answer.says if answer.stage is Stage.REQUEST else ""


@pytest.mark.parametrize(
    ("specs", "image", "word"),
    [
        ({"hw:numa_nodes": "3"}, {}, "4 VCPUs and 8000 MB of memory cannot be shared out evenly to its 3"),
        ({}, {"hw_numa_nodes": "3"}, "evenly"),
        ({"hw:numa_nodes": "2"}, {"hw_numa_nodes": "2"}, "both say how many"),
        ({"hw:numa_nodes": "0"}, {}, "no number of NUMA nodes"),
        ({"hw:numa_nodes": "two"}, {}, "no number of NUMA nodes"),
        ({"hw:numa_nodes": "2", "hw:numa_cpus.0": "0-1"}, {}, "do not speak of each"),
        (
            {
                "hw:numa_nodes": "2",
                "hw:numa_cpus.0": "0-1",
                "hw:numa_cpus.1": "1-3",
                "hw:numa_mem.0": "1",
                "hw:numa_mem.1": "1",
            },
            {},
            "does not name each of its 4 VCPUs once",
        ),
        ({"hw:numa_nodes": "1", "hw:numa_cpus.0": "0-3", "hw:numa_mem.0": "1"}, {}, "shares out 1 MB"),
        ({"hw:mem_page_size": "huge"}, {}, "none that Nova knows"),
        ({}, {"hw_mem_page_size": "2MB"}, "its flavour says nothing of it"),
        ({"hw:mem_page_size": "small"}, {"hw_mem_page_size": "large"}, "its flavour says small"),
        ({"hw:locked_memory": "true"}, {}, "needs hw:mem_page_size"),
        ({"hw:cpu_policy": "dedicated", "resources:PCPU": "4"}, {}, "do not go with a CPU policy"),
        ({"resources:VCPU": "2", "resources:PCPU": "4"}, {}, "does not go with"),
        ({"resources:PCPU": "3"}, {}, "asks for 3, its flavour makes 4"),
        ({"hw:cpu_thread_policy": "isolate"}, {}, "needs pinned CPUs"),
        ({"hw:emulator_threads_policy": "isolate"}, {}, "needs pinned CPUs"),
        ({"hw:cpu_realtime": "yes", "hw:cpu_realtime_mask": "^0"}, {}, "needs pinned CPUs"),
        ({"hw:cpu_policy": "dedicated", "hw:cpu_dedicated_mask": "0-1"}, {}, "needs hw:cpu_policy=mixed"),
        ({"hw:cpu_policy": "mixed"}, {}, "needs one of"),
        (
            {
                "hw:cpu_policy": "dedicated",
                "hw:cpu_thread_policy": "isolate",
                "trait:HW_CPU_HYPERTHREADING": "forbidden",
            },
            {},
            "does not go with a CPU thread policy",
        ),
    ],
)
def test_topologies_that_are_refused(specs: dict[str, str], image: dict[str, str], word: str) -> None:
    assert word in refused(specs, img(properties=tuple(image.items())))


@pytest.mark.parametrize(
    ("specs", "image"),
    [
        ({"hw:numa_nodes": "2"}, {}),
        ({"hw:cpu_policy": "dedicated", "hw:cpu_thread_policy": "isolate"}, {}),
        ({"hw:cpu_policy": "mixed", "hw:cpu_dedicated_mask": "0-1"}, {}),
        ({"hw:mem_page_size": "any"}, {"hw_mem_page_size": "2MB"}),
        ({"hw:mem_page_size": "large", "hw:locked_memory": "true"}, {}),
        (
            {
                "hw:numa_nodes": "2",
                "hw:numa_cpus.0": "0-2",
                "hw:numa_cpus.1": "3",
                "hw:numa_mem.0": "6000",
                "hw:numa_mem.1": "2000",
            },
            {},
        ),
        ({"resources:PCPU": "4"}, {}),
    ],
)
def test_topologies_that_are_taken(specs: dict[str, str], image: dict[str, str]) -> None:
    assert not refused(specs, img(properties=tuple(image.items())))


@pytest.mark.parametrize(
    ("image", "word"),
    [
        ({"min_ram_mb": 9000}, "image img needs 9000 MB of memory, its flavour has 8000 MB"),
        ({"min_disk_gb": 41}, "needs 41 GB of disk"),
        ({"size": 40 * 2**30 + 1}, "needs 41 GB of disk"),
        ({"status": "queued"}, "image img is queued"),
    ],
)
def test_images_that_are_too_large(image: dict[str, Any], word: str) -> None:
    assert word in refused({}, img(**image))
    if "disk" in word:
        assert not refused({}, img(**image), from_volume=True)


def test_a_zone_without_hosts_is_not_available() -> None:
    answer = Small(zone={"a": "az1"}).explain(zone="az2")
    assert (answer.verdict, answer.stage) == (Verdict.NO_HOST, Stage.REQUEST)
    assert "az2 is not available, for no compute service is in it" in answer.says


def test_a_forced_host_beats_the_zone() -> None:
    answer = Small(zone={"a": "az1"}).explain(zone="az1", forced_host="b")
    assert answer.verdict is Verdict.FITS
    assert any("b is not in zone az1: Nova forgets the zone" in each for each in answer.assumptions)


def test_placement_refuses_the_question() -> None:
    specs = tuple((f"resources{number}:CUSTOM_X", "1") for number in (1, 2))
    answer = Small().explain(extra_specs=specs)
    assert (answer.verdict, answer.stage) == (Verdict.NO_HOST, Stage.PLACEMENT)
    assert answer.says == (
        "Placement refuses the request: its properties make 2 granular groups, no group_policy."
    )
