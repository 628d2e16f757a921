"""Room for CPUs, memory and disk as the filters of old releases counted it, before Placement did.

    total × ratio − used ≥ wanted, and total ≥ wanted: no server is overcommitted against itself.

Sources: core_filter.py, ram_filter.py, disk_filter.py of nova/scheduler/filters until Stein (the aggregates'
until Ussuri, the exact ones until Rocky).
"""

from __future__ import annotations

import msgspec

from mitate.analyze.fixes import shell
from mitate.analyze.placement.answers import Mend, Refusal
from mitate.analyze.placement.cloud import Cloud, HostState
from mitate.analyze.placement.filters._filter import refuse
from mitate.analyze.placement.filters._looks import values, with_key
from mitate.analyze.placement.filters._mends import ASK_ELSE, ask_again
from mitate.analyze.placement.filters._state import told
from mitate.model.placement import Wanted


class Room(msgspec.Struct, frozen=True):
    """wanted, total, used: in unit. ratio: the name of the host's ratio, and of the key in aggregates.

    option: of openstack flavor create.
    """

    what: str
    unit: str
    wanted: int
    total: int
    used: int
    ratio: str
    option: str


def cores_of(host: HostState, wanted: Wanted, cloud: Cloud) -> Room:
    """Raises Unseen, as the next two."""
    total, used = told(host, "vcpus_total", cloud), told(host, "vcpus_used", cloud)
    return Room("vCPUs", "vCPUs", wanted.vcpus, total, used, "cpu_allocation_ratio", "--vcpus")


def ram_of(host: HostState, wanted: Wanted, cloud: Cloud) -> Room:
    total, free = told(host, "total_usable_ram_mb", cloud), told(host, "free_ram_mb", cloud)
    return Room("memory", "MiB", wanted.ram_mb, total, total - free, "ram_allocation_ratio", "--ram")


def disk_of(host: HostState, wanted: Wanted, cloud: Cloud) -> Room:
    """Root, ephemeral and swap; none of the host's for the root of a server that boots from a volume."""
    total, free = told(host, "total_usable_disk_gb", cloud) * 1024, told(host, "free_disk_mb", cloud)
    root = 0 if wanted.from_volume else wanted.disk_gb
    size = 1024 * (root + wanted.ephemeral_gb) + wanted.swap_mb
    return Room("disk", "MiB", size, total, total - free, "disk_allocation_ratio", "--disk")


def fits(by: str, host: HostState, wanted: Wanted, cloud: Cloud, room: Room, shared: bool) -> Refusal | None:
    """shared: the ratio of the host's aggregates counts, the lowest of several, before its own."""
    if room.what == "vCPUs" and not room.total:
        return None  # nobody counted them: Nova lets the host pass
    ratio = _ratio(host, cloud, room.ratio, shared)
    free = room.total * ratio - room.used
    if room.wanted <= room.total and room.wanted <= free:
        return None
    if room.wanted > room.total:
        says = f"host {host.host} has {room.total} {room.unit} in all, {room.wanted} are wanted"
        available = room.total
    else:
        available = max(0, int(free))
        says = (
            f"host {host.host} has {available} {room.unit} of {room.what} left "
            f"({room.total} × {ratio:g} − {room.used}), {room.wanted} are wanted"
        )
    return refuse(
        by,
        says,
        wanted=room.wanted,
        available=available,
        seen=(host.hypervisor, *(with_key(host, room.ratio) if shared else ())),
        mends=_smaller(wanted, room, min(room.total, int(free))),
    )


def exact(by: str, host: HostState, wanted: Wanted, room: Room) -> Refusal | None:
    """The whole of what is free, for a machine that is given away whole."""
    free = room.total - room.used
    if room.wanted == free and (room.total or room.what != "vCPUs"):
        return None
    return refuse(
        by,
        f"host {host.host} has {free} {room.unit} of {room.what} free, and just {room.wanted} are wanted",
        wanted=room.wanted,
        available=free,
        seen=(host.hypervisor,),
        mends=_smaller(wanted, room, free),
    )


def _ratio(host: HostState, cloud: Cloud, name: str, shared: bool) -> float:
    try:
        numbers = [float(value) for value in values(host, cloud, name)] if shared else []
    except ValueError:
        numbers = []
    return min(numbers) if numbers else float(told(host, name, cloud))


def _smaller(wanted: Wanted, room: Room, most: int) -> tuple[Mend, ...]:
    """A flavour that asks for what there is; of disk in whole GiB."""
    size = most // 1024 if room.what == "disk" else most
    if size <= 0 or wanted.ephemeral_gb or wanted.swap_mb:
        return ()
    sizes = {"--vcpus": wanted.vcpus, "--ram": wanted.ram_mb, "--disk": wanted.disk_gb, room.option: size}
    words = [word for option, number in sizes.items() for word in (option, str(number))]
    name = f"{wanted.flavor_name}-{size}"
    return (
        Mend(
            key=f"flavor {room.option} {size}",
            change=f"take a flavour with {size} {'GiB' if room.what == 'disk' else room.unit} of {room.what}",
            commands=(
                shell("openstack", "flavor", "create", *words, name),
                ask_again(msgspec.structs.replace(wanted, flavor_name=name)),
            ),
            effort=ASK_ELSE,
        ),
    )
