"""The CPUs and NUMA nodes that flavour and image ask for, as Nova's API checks them
(nova.virt.hardware.numa_get_constraints)."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import count, takewhile
from typing import TypeVar

from mitate.analyze.placement.draft import Impossible, cpus
from mitate.analyze.placement.properties import (
    cpu_policy,
    dedicated_cpus,
    emulator_policy,
    realtime_cpus,
    thread_policy,
    true,
)
from mitate.model.placement import Wanted

PINNED = ("dedicated", "mixed")
_SIZE = re.compile(r"[-+]?\d*\.?\d+([KMGTPEZYRQ]i?)?(b|bit|B)")
"""Of a page, as oslo.utils reads it (strutils.string_to_bytes)."""
_PER_GROUP = r"([1-9][0-9]*)?:"
T = TypeVar("T")


def check_topology(wanted: Wanted) -> None:
    """Raises Impossible."""
    policy = _policy(wanted)
    pages = _page_size(wanted)
    _locked_memory(wanted)
    nodes = _nodes(wanted)
    if nodes or pages or wanted.spec("hw:pmem") or policy in PINNED:
        _cells(wanted, nodes or 1)


def _policy(wanted: Wanted) -> str:
    """Whether the CPUs are shared or pinned, and whether all that is said of them goes together."""
    policy, _ = cpu_policy(wanted)
    threads, _ = thread_policy(wanted)
    realtime, dedicated, emulator = (
        realtime_cpus(wanted),
        dedicated_cpus(wanted),
        emulator_policy(wanted),
    )
    shared_units, pinned_units = _units(wanted, "VCPU"), _units(wanted, "PCPU")
    if policy and (shared_units or pinned_units):
        raise Impossible("resources:VCPU and resources:PCPU do not go with a CPU policy")
    if shared_units and pinned_units:
        raise Impossible("resources:VCPU does not go with resources:PCPU")
    if pinned_units:
        needed = wanted.vcpus + (emulator == "isolate")
        if pinned_units != needed:
            raise Impossible(f"resources:PCPU asks for {pinned_units}, its flavour makes {needed} of them")
        policy = "dedicated"
    policy = "shared" if shared_units else policy
    if (hyperthreading := _hyperthreading(wanted)) and threads:
        raise Impossible("trait:HW_CPU_HYPERTHREADING does not go with a CPU thread policy")
    threads = threads or {"forbidden": "isolate", "required": "require"}.get(hyperthreading, "")
    if policy not in PINNED:
        for said, what in (
            (threads, "a CPU thread policy"),
            (emulator == "isolate", "hw:emulator_threads_policy=isolate"),
            (realtime, "hw:cpu_realtime"),
        ):
            if said:
                raise Impossible(f"{what} needs pinned CPUs (hw:cpu_policy=dedicated)")
    if policy != "mixed" and dedicated:
        raise Impossible("hw:cpu_dedicated_mask needs hw:cpu_policy=mixed")
    if policy == "mixed" and bool(realtime) == bool(dedicated):
        raise Impossible("hw:cpu_policy=mixed needs one of hw:cpu_dedicated_mask and hw:cpu_realtime_mask")
    return policy


def _units(wanted: Wanted, name: str) -> int:
    """What the flavour's resources properties ask for of a class, in all groups that have a number."""
    found = (value for key, value in wanted.extra_specs if re.match(f"resources{_PER_GROUP}{name}", key))
    return sum(int(value) for value in found if re.fullmatch(r"\s*[-+]?\d{1,9}\s*", value))


def _hyperthreading(wanted: Wanted) -> str:
    for key, value in wanted.extra_specs:
        if re.match(f"trait{_PER_GROUP}HW_CPU_HYPERTHREADING", key):
            return value
    return "required" if wanted.image_property("trait:HW_CPU_HYPERTHREADING") == "required" else ""


def _page_size(wanted: Wanted) -> str:
    """Only where the flavour leaves the size open may the image say one."""
    ours, theirs = wanted.spec("hw:mem_page_size"), wanted.image_property("hw_mem_page_size")
    for said in (ours, theirs):
        if said and said not in ("any", "large", "small") and not (said.isdigit() or _SIZE.fullmatch(said)):
            raise Impossible(f"memory page size {said} is none that Nova knows")
    if theirs and ours not in ("any", "large"):
        allows = f"says {ours}" if ours else "says nothing of it"
        raise Impossible(f"its image asks for memory page size {theirs}, its flavour {allows}")
    return theirs or ours or ""


def _locked_memory(wanted: Wanted) -> None:
    ours, theirs = wanted.spec("hw:locked_memory"), wanted.image_property("hw_locked_memory")
    if ours and theirs and true(ours) != true(theirs):
        raise Impossible("flavour and image differ in hw:locked_memory")
    sized = wanted.spec("hw:mem_page_size") or wanted.image_property("hw_mem_page_size")
    if true(ours or theirs) and not sized:
        raise Impossible("hw:locked_memory needs hw:mem_page_size")


def _nodes(wanted: Wanted) -> int:
    """How many NUMA nodes; 0 when nobody says."""
    ours, theirs = wanted.spec("hw:numa_nodes"), wanted.image_property("hw_numa_nodes")
    if ours and theirs:
        raise Impossible("flavour and image both say how many NUMA nodes it has (hw:numa_nodes)")
    said = ours or theirs
    if said and (not re.fullmatch(r"\d{1,9}", said) or int(said) < 1):
        raise Impossible(f"{said!r} is no number of NUMA nodes")
    return int(said) if said else 0


def _cells(wanted: Wanted, nodes: int) -> None:
    """Whether CPUs and memory can be shared out to the NUMA nodes."""
    cpu_lists, memories = _listed(wanted, "numa_cpus", cpus), _listed(wanted, "numa_mem", _whole)
    if not cpu_lists and not memories:
        if wanted.vcpus % nodes or wanted.ram_mb % nodes:
            raise Impossible(
                f"{wanted.vcpus} VCPUs and {wanted.ram_mb} MB of memory cannot be shared out evenly to its "
                f"{nodes} NUMA nodes"
            )
        return
    if len(cpu_lists) != nodes or len(memories) != nodes:
        raise Impossible(f"hw:numa_cpus and hw:numa_mem do not speak of each of its {nodes} NUMA nodes")
    named = sorted(cpu for each in cpu_lists for cpu in each)
    if named != list(range(wanted.vcpus)):
        raise Impossible(f"hw:numa_cpus does not name each of its {wanted.vcpus} VCPUs once")
    if sum(memories) != wanted.ram_mb:
        raise Impossible(f"hw:numa_mem shares out {sum(memories)} MB, its flavour has {wanted.ram_mb} MB")


def _listed(wanted: Wanted, name: str, read: Callable[[str], T]) -> list[T]:
    """What flavour or image says of node 0, 1, …, up to the first of which nothing is said."""
    ours, theirs = (
        list(takewhile(bool, (ask(f"{prefix}{name}.{number}") for number in count())))
        for ask, prefix in ((wanted.spec, "hw:"), (wanted.image_property, "hw_"))
    )
    if ours and theirs:
        raise Impossible(f"flavour and image both say hw:{name}")
    return [read(each) for each in ours or theirs if each]


def _whole(text: str) -> int:
    if not re.fullmatch(r"\s*\d{1,9}\s*", text):
        raise Impossible(f"{text!r} is no amount of memory")
    return int(text)
