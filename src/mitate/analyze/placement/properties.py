"""What flavour and image ask of Placement, as nova.scheduler.utils.ResourceRequest translates them."""

from __future__ import annotations

import re
from collections import Counter

from mitate.analyze.placement.draft import Draft, Impossible, cpus
from mitate.model.placement import Wanted

_PROPERTY = re.compile(r"(resources|trait)([a-zA-Z0-9_-]{1,64})?:(.*)", re.DOTALL)


def translate(draft: Draft, wanted: Wanted, *, pinning: bool = True) -> bool:
    """Draft what the request itself demands; returns whether all its CPUs are pinned. Raises Impossible."""
    flavor = f"flavour {wanted.flavor_name}"
    for key, value in wanted.extra_specs:
        if key == "group_policy":
            draft.group_policy = value if value in {"none", "isolate"} else draft.group_policy
        elif hit := _PROPERTY.fullmatch(key):
            prefix, group, name = hit[1], hit[2] or "", hit[3]
            origin = f"property {key}={value} of {flavor}"
            if prefix == "resources":
                draft.resource(name, value, origin, group)
            else:
                draft.trait(name, value, origin, group)
    for key, value in wanted.image.properties if wanted.image else ():
        if key.startswith("trait:") and value == "required":
            draft.trait(key.removeprefix("trait:"), value, f"property {key} of image {_image(wanted)}")
    pinned = _pinning(draft, wanted) if pinning else False
    if not draft.asked() & {"VCPU", "PCPU"}:
        draft.resource("VCPU", wanted.vcpus, flavor)
    if "MEMORY_MB" not in draft.asked():
        draft.resource("MEMORY_MB", wanted.ram_mb, flavor)
    if "DISK_GB" not in draft.asked():
        disk = wanted.ephemeral_gb + -(-wanted.swap_mb // 1024)
        draft.resource("DISK_GB", disk if wanted.from_volume else disk + wanted.disk_gb, flavor)
    _devices(draft, wanted)
    return pinned


def _pinning(draft: Draft, wanted: Wanted) -> bool:
    """hw:cpu_policy, hw:cpu_thread_policy and hw:emulator_threads_policy (Train); True for dedicated."""
    policy, origin = cpu_policy(wanted)
    threads, threads_origin = thread_policy(wanted)
    emulator = emulator_policy(wanted)
    if policy in {"dedicated", "mixed"}:
        pinned = wanted.vcpus
        if policy == "mixed":
            pinned = len(dedicated_cpus(wanted) or realtime_cpus(wanted) or ())
            draft.resource("VCPU", wanted.vcpus - pinned, origin)
        draft.resource("PCPU", pinned + (emulator == "isolate"), origin)
    if threads in {"isolate", "require"}:
        says = "required" if threads == "require" else "forbidden"
        draft.trait("HW_CPU_HYPERTHREADING", says, threads_origin)
    return policy == "dedicated"


def cpu_policy(wanted: Wanted) -> tuple[str, str]:
    """(policy, origin): the flavour's counts, and an image may not ask for more than it allows.

    Raises Impossible.
    """
    ours, theirs = wanted.spec("hw:cpu_policy"), wanted.image_property("hw_cpu_policy")
    known = {"dedicated", "shared", "mixed"}
    for said in (ours, theirs):
        if said and said not in known:
            raise Impossible(f"CPU policy {said} is none that Nova knows")
    stronger = {"mixed": {"dedicated"}, "shared": {"mixed", "dedicated"}}
    if theirs and theirs in stronger.get(ours or "", set()):
        raise Impossible(f"image {_image(wanted)} asks for {theirs} CPUs, its flavour allows {ours} ones")
    if ours:
        return ours, f"property hw:cpu_policy={ours} of flavour {wanted.flavor_name}"
    return theirs or "", f"property hw_cpu_policy={theirs} of image {_image(wanted)}"


def thread_policy(wanted: Wanted) -> tuple[str, str]:
    """(policy, origin), as cpu_policy. Raises Impossible."""
    ours, theirs = wanted.spec("hw:cpu_thread_policy"), wanted.image_property("hw_cpu_thread_policy")
    for said in (ours, theirs):
        if said and said not in {"prefer", "isolate", "require"}:
            raise Impossible(f"CPU thread policy {said} is none that Nova knows")
    if ours not in {None, "prefer"} and theirs and theirs != ours:
        raise Impossible(
            f"image {_image(wanted)} asks for CPU thread policy {theirs}, its flavour says {ours}"
        )
    if ours:
        return ours, f"property hw:cpu_thread_policy={ours} of flavour {wanted.flavor_name}"
    return theirs or "", f"property hw_cpu_thread_policy={theirs} of image {_image(wanted)}"


def emulator_policy(wanted: Wanted) -> str:
    """hw:emulator_threads_policy, "" without one. Raises Impossible."""
    said = wanted.spec("hw:emulator_threads_policy")
    if said and said not in {"isolate", "share"}:
        raise Impossible(f"hw:emulator_threads_policy={said} is none that Nova knows")
    return said or ""


def dedicated_cpus(wanted: Wanted) -> set[int]:
    """hw:cpu_dedicated_mask; empty without one. Raises Impossible."""
    mask = wanted.spec("hw:cpu_dedicated_mask")
    if not mask:
        return set()
    chosen = _mask(mask, wanted.vcpus)
    if not chosen or not chosen < set(range(wanted.vcpus)):
        raise Impossible(f"hw:cpu_dedicated_mask={mask} names none, or not only some, of its CPUs")
    return chosen


def realtime_cpus(wanted: Wanted) -> set[int]:
    """The CPUs of hw:cpu_realtime; empty without it. Raises Impossible."""
    if not true(wanted.spec("hw:cpu_realtime")):
        return set()
    mask = wanted.image_property("hw_cpu_realtime_mask") or wanted.spec("hw:cpu_realtime_mask")
    chosen = _mask(mask, wanted.vcpus) if mask else set(range(wanted.vcpus))
    every = set(range(wanted.vcpus))
    if (
        not chosen
        or not chosen <= every
        or (chosen == every and not wanted.spec("hw:emulator_threads_policy"))
    ):
        raise Impossible("hw:cpu_realtime_mask names no CPU, all of them, or one that it does not have")
    return chosen


def _mask(mask: str, vcpus: int) -> set[int]:
    return cpus(f"0-{vcpus - 1},{mask}" if mask.strip().startswith("^") else mask)


def _devices(draft: Draft, wanted: Wanted) -> None:
    """Memory encryption, persistent memory, TPM, PCI affinity with a socket, secure boot."""
    value, origin = _either(wanted, "hw", "mem_encryption")
    if true(wanted.spec("hw:mem_encryption")) or true(wanted.image_property("hw_mem_encryption")):
        draft.resource("MEM_ENCRYPTION_CONTEXT", 1, origin)
    labels = Counter(filter(None, map(str.strip, (wanted.spec("hw:pmem") or "").split(","))))
    for label, amount in labels.items():
        name = re.sub(r"[^0-9A-Z]+", "_", f"PMEM_NAMESPACE_{label}".upper())
        draft.resource(f"CUSTOM_{name}", amount, f"property hw:pmem of flavour {wanted.flavor_name}")
    value, origin = _either(wanted, "hw", "tpm_version", unique=True)
    if value:
        if value not in {"1.2", "2.0"}:
            raise Impossible(f"TPM version {value} is none that Nova knows")
        draft.trait(f"COMPUTE_SECURITY_TPM_{value.replace('.', '_')}", "required", origin)
    value, origin = _either(wanted, "hw", "pci_numa_affinity_policy", unique=True)
    if value == "socket":
        draft.trait("COMPUTE_SOCKET_PCI_NUMA_AFFINITY", "required", origin)
    value, origin = _either(wanted, "os", "secure_boot", unique=True)
    if value == "required":
        draft.trait("COMPUTE_SECURITY_UEFI_SECURE_BOOT", "required", origin)
    if true(wanted.spec("hw:virtio_packed_ring")) or true(wanted.image_property("hw_virtio_packed_ring")):
        draft.assumptions.append(
            "packed virtqueues: since 2024.1 Nova demands a trait for them, not asked here"
        )


def _either(wanted: Wanted, prefix: str, key: str, *, unique: bool = False) -> tuple[str, str]:
    """(value, origin) of what flavour or image may say. unique: Impossible when they differ."""
    ours, theirs = wanted.spec(f"{prefix}:{key}"), wanted.image_property(f"{prefix}_{key}")
    if unique and ours and theirs and ours != theirs:
        raise Impossible(f"flavour says {prefix}:{key}={ours}, image {_image(wanted)} says {theirs}")
    if ours:
        return ours, f"property {prefix}:{key}={ours} of flavour {wanted.flavor_name}"
    return theirs or "", f"property {prefix}_{key}={theirs} of image {_image(wanted)}"


def _image(wanted: Wanted) -> str:
    return wanted.image.name or wanted.image.id if wanted.image else ""


def true(value: str | None) -> bool:
    """As Nova reads a switch."""
    return (value or "").strip().lower() in {"1", "t", "true", "on", "y", "yes"}
