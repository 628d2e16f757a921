"""How much still fits: of each flavour now, and when the host that holds most room for it is gone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mitate.analyze.placement.answers import Unseen
from mitate.analyze.placement.cloud import Cloud
from mitate.analyze.placement.judge import Judged
from mitate.analyze.placement.offers import THE_THREE, Offer, offer
from mitate.model.cloud import Flavor
from mitate.model.placement import Room, Wanted

FLAVORS = 50
"""Flavours of which the room is told, the largest first."""
Spaces = dict[str, tuple[Offer, ...]]
"""What each host has of the three, by its name."""


def spaces(hosts: Iterable[Judged], cloud: Cloud) -> Spaces:
    """Of the hosts of which it was seen."""
    found: Spaces = {}
    for each in hosts:
        if each.host.provider:
            try:
                found[each.host.host] = tuple(
                    offer(cloud, each.host.provider, name, each.host.hypervisor) for name in THE_THREE
                )
            except Unseen:
                continue
    return found


def open_to(hosts: Iterable[Judged]) -> list[Judged]:
    """Those that refuse nothing, or nothing but the size."""
    return [each for each in hosts if all(one.by in THE_THREE for one in each.refusals)]


def alike(wanted: Wanted, cloud: Cloud) -> list[Flavor]:
    """The flavours with the same properties, the largest first."""
    found = [each for each in cloud.flavors if dict(each.extra_specs) == dict(wanted.extra_specs)]
    return sorted(found, key=_largest_first)


def fitting(flavor: Flavor, space: tuple[Offer, ...], wanted: Wanted) -> int:
    """How many servers of a flavour a host takes, by capacity and units. wanted: whether from a volume."""
    disk = flavor.ephemeral_gb + -(-flavor.swap_mb // 1024) + (0 if wanted.from_volume else flavor.disk_gb)
    counts = [
        0 if one.why_not(amount) else one.left // amount
        for one, amount in zip(space, (flavor.vcpus, flavor.ram_mb, disk), strict=True)
        if amount
    ]
    return min(counts, default=0)


def rooms(wanted: Wanted, hosts: Sequence[Judged], cloud: Cloud) -> tuple[Room, ...]:
    """Of flavours without properties, on hosts that are enabled and alive."""
    alive = [
        each
        for each in hosts
        if each.host.hypervisor and (own := each.host.service) and own.enabled and own.up
    ]
    space = spaces(alive, cloud)
    plain = sorted((flavor for flavor in cloud.flavors if not flavor.extra_specs), key=_largest_first)
    return tuple(_room(flavor, space, wanted) for flavor in plain[:FLAVORS])


def largest(wanted: Wanted, hosts: Sequence[Judged], cloud: Cloud) -> Room | None:
    """The largest flavour with the properties of the request that fits now, on the hosts open to it."""
    space = spaces(open_to(hosts), cloud)
    found = (_room(flavor, space, wanted) for flavor in alike(wanted, cloud))
    return next((each for each in found if each.now), None)


def _room(flavor: Flavor, space: Spaces, wanted: Wanted) -> Room:
    counts = {host: fitting(flavor, offers, wanted) for host, offers in space.items()}
    host = max(counts, key=lambda each: counts[each], default="")
    now = sum(counts.values())
    return Room(flavor.name, now, now - counts.get(host, 0), host if now else "")


def _largest_first(flavor: Flavor) -> tuple[int, int, int, str]:
    return (-flavor.ram_mb, -flavor.vcpus, -flavor.disk_gb, flavor.name)
