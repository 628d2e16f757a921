"""How much still fits: of each flavour now, and when the host that holds most room for it is gone."""

from __future__ import annotations

from collections.abc import Sequence

from mitate.analyze.placement.answers import Unseen
from mitate.analyze.placement.changes import alike, flavor_fits, largest_first
from mitate.analyze.placement.cloud import Cloud
from mitate.analyze.placement.judge import Judged
from mitate.analyze.placement.offers import THE_THREE, offer
from mitate.model.placement import Room, Wanted

FLAVORS = 50
"""Flavours of which the room is told, the largest first."""


def rooms(wanted: Wanted, hosts: Sequence[Judged], cloud: Cloud) -> tuple[Room, ...]:
    """Of flavours without properties, by capacity, on hosts that are enabled and alive."""
    left = {}
    for each in hosts:
        service = each.host.service
        if each.host.provider and each.host.hypervisor and service and service.enabled and service.up:
            try:
                left[each.host.host] = [
                    (offer(cloud, each.host.provider, name, each.host.hypervisor)) for name in THE_THREE
                ]
            except Unseen:
                continue
    plain = sorted((flavor for flavor in cloud.flavors if not flavor.extra_specs), key=largest_first)
    found = []
    for flavor in plain[:FLAVORS]:
        asked = (flavor.vcpus, flavor.ram_mb, 0 if wanted.from_volume else flavor.disk_gb)
        most, now, where = 0, 0, ""
        for host, offers in left.items():
            here = min(
                (
                    0 if one.why_not(amount) else one.left // amount
                    for one, amount in zip(offers, asked, strict=True)
                    if amount
                ),
                default=0,
            )
            now += here
            if here > most:
                most, where = here, host
        found.append(Room(flavor.name, now, now - most, where))
    return tuple(found)


def largest(wanted: Wanted, hosts: Sequence[Judged], cloud: Cloud) -> Room | None:
    """The largest flavour with the properties of the request that one of these hosts takes now: those that
    refuse nothing, or nothing but the size."""
    open_hosts = [each for each in hosts if all(one.by in THE_THREE for one in each.refusals)]
    for flavor in sorted(alike(wanted, cloud), key=largest_first):
        given = [each.host.host for each in open_hosts if flavor_fits(flavor, wanted, each, cloud)]
        if given:
            return Room(flavor.name, len(given), len(given) - 1, given[0])
    return None
