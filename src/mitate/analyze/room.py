"""Which provider belongs to which compute, and how much room it has for a server, by Placement's own sums."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

from mitate.model.cloud import Hypervisor, Server
from mitate.model.placement import Inventory, Provider, ServerEvent

MEBIBYTES, GIBIBYTES = "MEMORY_MB", "DISK_GB"
UNITS = {"VCPU": "VCPU", "PCPU": "PCPU", MEBIBYTES: "MiB of RAM", GIBIBYTES: "GiB of disk"}
"""How amounts of a resource class are said."""

NO_HOST = re.compile(
    r"no valid host|exceeded max|no such host|scheduling failed:|not mapped to any cell", re.I
)
"""The faults of a server that got no host: NoValidHost, MaxRetriesExceeded, RequestFilterFailed and
HostMappingNotFound of nova/exception.py."""

NO_CANDIDATES = re.compile(r"no valid host was found\.?\s*$", re.I)
"""NoValidHost without a reason: Placement had no candidate (nova/scheduler/manager.py)."""
NO_CELL = re.compile(r"Host '([^']{1,255})' is not mapped to any cell")
"""HostMappingNotFound; the host's name."""

Shelf = Mapping[str, Inventory]
"""What one provider has, by resource class."""


def got_no_host(server: Server) -> bool:
    return server.status == "ERROR" and bool(NO_HOST.search(server.fault))


def tried(server: Server, events: Iterable[ServerEvent]) -> list[ServerEvent]:
    """What went wrong with a server on the computes that were to build it."""
    mine = (each for each in events if each.server_id == server.id and each.result == "Error")
    return [each for each in mine if each.host and each.event.startswith("compute_")]


def amount(number: int, resource_class: str) -> str:
    """An amount of a resource class in words.

    >>> amount(512, "MEMORY_MB"), amount(2, "CUSTOM_GOLD")
    ('512 MiB of RAM', '2 CUSTOM_GOLD')
    """
    return f"{number} {UNITS.get(resource_class, resource_class)}"


def asked(server: Server) -> dict[str, int]:
    """What the flavour embedded in a server asks for, by resource class; what is unknown or 0 is left out."""
    told = {
        "VCPU": server.flavor_vcpus,
        MEBIBYTES: server.flavor_ram_mb,
        GIBIBYTES: server.flavor_disk_gb,
    }
    return {name: number for name, number in told.items() if number}


def shelves(inventories: Iterable[Inventory]) -> dict[str, Shelf]:
    """By provider. An inventory itself tells more than a summary of it among candidates."""
    found: dict[str, dict[str, Inventory]] = defaultdict(dict)
    for each in inventories:
        before = found[each.provider_id].get(each.resource_class)
        if before is None or before.total is None:
            found[each.provider_id][each.resource_class] = each
    return dict(found)


def capacity(inventory: Inventory) -> int | None:
    """What may be given out in all, (total - reserved) × ratio, as Placement rounds it; None when unknown."""
    if inventory.total is None or inventory.ratio is None or not math.isfinite(inventory.ratio):
        return inventory.capacity
    return int((inventory.total - (inventory.reserved or 0)) * inventory.ratio)


def free(inventory: Inventory) -> int | None:
    room = capacity(inventory)
    return None if room is None or inventory.used is None else room - inventory.used


def short_of(wanted: Mapping[str, int], shelf: Shelf) -> dict[str, int]:
    """The classes of which there is not enough left now, with what is left; unknown counts as enough."""
    left = {name: free(shelf[name]) for name in wanted if name in shelf}
    return {name: room for name, room in left.items() if room is not None and room < wanted[name]}


def ever_fits(wanted: Mapping[str, int], shelf: Shelf, hypervisor: Hypervisor | None = None) -> bool:
    """Whether the bare host would take it, with nothing reserved, nothing used and no ratio below 1.

    What Placement did not tell of it the hypervisor may; of whom nothing is known nobody can say yes.
    """
    totals: dict[str, int | None] = {}
    if hypervisor:
        totals = {"VCPU": hypervisor.vcpus, MEBIBYTES: hypervisor.memory_mb, GIBIBYTES: hypervisor.disk_gb}
    totals |= {name: each.total for name, each in shelf.items() if each.total is not None}
    known = {name: total for name, total in totals.items() if total is not None}
    return bool(known) and all(known.get(name, number) >= number for name, number in wanted.items())


class Homes:
    """The root providers, and the hypervisors they belong to."""

    def __init__(self, providers: Iterable[Provider], hypervisors: Iterable[Hypervisor]) -> None:
        self.roots = [each for each in providers if not each.parent_id]
        self._by_id = {each.id: each for each in self.roots}
        self._by_name = {each.name: each for each in self.roots}
        self.hypervisors = list(hypervisors)
        self._of = {
            home.id: hypervisor for hypervisor in self.hypervisors if (home := self.provider(hypervisor))
        }
        self._alone: dict[str, list[Provider]] = defaultdict(list)
        for each in self.roots:
            if each.id not in self._of:
                self._alone[_first_label(each.name)].append(each)

    def provider(self, hypervisor: Hypervisor) -> Provider | None:
        """A compute node's provider has its UUID, and its name (nova/compute/resource_tracker.py)."""
        return self._by_id.get(hypervisor.id) or self._by_name.get(hypervisor.hostname)

    def hypervisor(self, provider: Provider) -> Hypervisor | None:
        return self._of.get(provider.id)

    def alone(self, host: str) -> Provider | None:
        """The provider of a host that has no hypervisor."""
        alike = self._alone.get(_first_label(host), ())
        return next((each for each in alike if same_host(each.name, host)), None)

    def host(self, provider: Provider) -> str:
        """The host of its service; by its own name where no hypervisor tells."""
        hypervisor = self._of.get(provider.id)
        return hypervisor.service_host if hypervisor else provider.name


def _first_label(name: str) -> str:
    return name.lower().partition(".")[0]


def same_host(one: str, other: str) -> bool:
    """Whether two names are one host's, in short or in full.

    >>> same_host("compute1", "compute1.example.com"), same_host("compute1.a", "compute1.b")
    (True, False)
    """
    one, other = one.lower(), other.lower()
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")
