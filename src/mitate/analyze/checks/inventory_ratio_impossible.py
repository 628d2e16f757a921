from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.fixes import shell
from mitate.analyze.room import MEBIBYTES, UNITS, Homes, amount, asked, capacity, free, got_no_host, shelves
from mitate.analyze.subjects import provider_subject
from mitate.model.cloud import Flavor, Hypervisor, Server
from mitate.model.diagnosis import Severity
from mitate.model.placement import Inventory, Provider

COMMAND = ("openstack", "resource", "provider", "inventory")
LOW = 0.5
"""A ratio below this is worth a word even where nobody has suffered from it; 0.9, say, is a usual reserve."""


@check(Inventory, Provider, Server, Flavor, Hypervisor, severity=Severity.WARNING, helps=3)
def inventory_ratio_impossible(
    inventories: Sequence[Inventory],
    providers: Sequence[Provider],
    servers: Sequence[Server],
    flavors: Sequence[Flavor],
    hypervisors: Sequence[Hypervisor],
) -> Problems:
    """A compute offers little or nothing of what it has: its allocation ratio or its reserve takes the rest.

    What it means
        Placement gives out (total - reserved) × allocation ratio. Where that is less than the smallest thing
        anybody asks for, the host is out of the game, however empty it is; a ratio below 1 makes it smaller
        than it is. Servers that run there keep running.
    Why it happens
        A slip in cpu_allocation_ratio, ram_allocation_ratio or disk_allocation_ratio (0.1 for 10, or the
        share that should stay free in place of the share that may be used), reserved_host_memory_mb in GiB
        or on a smaller host than it was made for, or an inventory that was set by hand. Sometimes it is on
        purpose: to keep new servers away.
    Look again
        openstack resource provider inventory list PROVIDER
        grep -E 'allocation_ratio|reserved_host' /etc/nova/nova.conf     # on that host
    Fix
        Where nova.conf of the host sets it: change it there, restart nova-compute. Else in Placement:
        openstack resource provider inventory set --amend --resource CLASS:allocation_ratio=N PROVIDER
        A ratio in nova.conf is written again with every report; one that was only initial is not.
    """
    homes = Homes(providers, hypervisors)
    by_id = {provider.id: provider for provider in providers}
    failed = [server for server in servers if got_no_host(server)]
    smallest = {name: _smallest(name, flavors) for name in UNITS}
    for where, shelf in shelves(inventories).items():
        found = (_low(each, smallest[name], failed) for name, each in shelf.items() if name in UNITS)
        lows = sorted(filter(None, found), key=lambda low: not low.grave)
        if not lows or where not in by_id:
            continue
        provider, victim = by_id[where], next((low.victim for low in lows if low.victim), None)
        root = by_id.get(provider.root_id, provider)
        yield Problem(
            subject=provider_subject(provider, homes.host(root)),
            says=f"{root.name} {' and '.join(low.says for low in lows)}"
            + (f"; server {victim.name} got no host" if victim else ""),
            seen=(*(low.inventory for low in lows), provider, *([victim] if victim else ())),
            severity=Severity.WARNING if lows[0].grave else Severity.INFO,
            fix=(
                shell(*COMMAND, "list", provider.id),
                *(shell(*COMMAND, "set", "--amend", "--resource", low.amend, provider.id) for low in lows),
            ),
        )


class _Low(msgspec.Struct, frozen=True):
    """What is wrong with one inventory. grave: nothing fits, or a server failed for it. amend: to what."""

    inventory: Inventory
    says: str
    grave: bool
    amend: str
    victim: Server | None = None


def _low(inventory: Inventory, smallest: int, failed: Sequence[Server]) -> _Low | None:
    room, name, total, ratio = (
        capacity(inventory),
        inventory.resource_class,
        inventory.total,
        inventory.ratio,
    )
    if room is None or total is None or ratio is None:
        return None
    reserved, needs = inventory.reserved or 0, max(smallest, inventory.min_unit or 1)
    shut = room < needs <= total
    by_ratio = [server for server in failed if _for_the_ratio(server, inventory)] if ratio < 1 else []
    if not shut and not by_ratio and ratio >= LOW:
        return None
    sums = f"({total} - {reserved} reserved) × {ratio:g} = {amount(max(room, 0), name)}"
    if shut and total - reserved < needs:
        says = f"reserves {amount(reserved, name)} of {total}: nothing fits there"
    elif shut:
        says = f"offers {sums}: nothing fits there"
    else:
        says = f"offers only {sums}, {'less than it has' if by_ratio else 'on purpose perhaps'}"
    shut_out = (each for each in failed if shut and 0 < asked(each).get(name, 0) <= total)
    usual = 512 if name == MEBIBYTES else 0  # the defaults of reserved_host_memory_mb and its like
    small = not math.isfinite(ratio) or ratio < 1
    amend = f"{name}:allocation_ratio=1.0" if small else f"{name}:reserved={usual}"
    return _Low(
        inventory, says, shut or bool(by_ratio), amend, next(iter(by_ratio), None) or next(shut_out, None)
    )


def _smallest(name: str, flavors: Sequence[Flavor]) -> int:
    """The least that any flavour asks for of a class; 1 when none is known to ask for it."""
    sizes = {
        "VCPU": lambda flavor: flavor.vcpus,
        "MEMORY_MB": lambda flavor: flavor.ram_mb,
        "DISK_GB": lambda flavor: flavor.disk_gb,
    }
    wanted = [sizes[name](flavor) for flavor in flavors] if name in sizes else []
    return min((each for each in wanted if each > 0), default=1)


def _for_the_ratio(server: Server, inventory: Inventory) -> bool:
    """Whether a server found no room here that it would have found at a ratio of 1."""
    wanted, left = asked(server).get(inventory.resource_class, 0), free(inventory)
    if inventory.total is None or left is None:
        return False
    return left < wanted <= inventory.total - (inventory.reserved or 0) - (inventory.used or 0)
