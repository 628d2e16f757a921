"""What a provider has of a resource class, and whether it gives an amount of it out, as Placement judges."""

from __future__ import annotations

import math
from functools import lru_cache

import msgspec

from mitate.analyze.placement.answers import Unseen
from mitate.analyze.placement.cloud import Cloud
from mitate.model.cloud import Hypervisor
from mitate.model.placement import Allocation, Inventory, Provider, ProviderTraits
from mitate.model.source import Fact

THE_THREE = ("VCPU", "MEMORY_MB", "DISK_GB")
"""Each is asked for by one of it: a provider that no answer names has none of them left."""


class Offer(msgspec.Struct, frozen=True):
    """What one provider has of one class. capacity, used: of an inventory that nobody saw None.

    full: no candidate for one unit of any of the three: nothing is left, whatever it has. most: what one
    server may get (max_unit); guessed: out of the hypervisor's raw size.
    """

    provider: Provider
    resource_class: str
    capacity: int | None = None
    used: int | None = None
    most: int | None = None
    least: int = 1
    step: int = 1
    guessed: bool = False
    full: bool = False
    inventory: Inventory | None = None
    seen: tuple[Fact, ...] = ()

    @property
    def left(self) -> int:
        """What may still be given out, by capacity alone."""
        if self.full or self.capacity is None:
            return 0
        return max(0, self.capacity - (self.used or 0))

    @property
    def largest(self) -> int:
        """The largest amount that one server would get now; 0 for none."""
        most = self.left if self.most is None else min(self.left, self.most)
        most -= most % self.step
        return most if most >= self.least else 0

    def why_not(self, amount: int) -> str:
        """Which rule refuses an amount: "", max_unit, capacity, min_unit, step_size or none (it has nothing);
        of several the one that is hardest to change.

        placement.objects.research_context._capacity_check_clause.
        """
        if self.full:
            return "capacity"
        if self.capacity is None:
            return "none"
        if self.most is not None and amount > self.most:
            return "max_unit"
        if (self.used or 0) + amount > self.capacity:
            return "capacity"
        if amount < self.least:
            return "min_unit"
        return "step_size" if amount % self.step else ""


def offer(cloud: Cloud, provider: Provider, resource_class: str, raw: Hypervisor | None = None) -> Offer:
    """What a provider has of a class. raw: the hypervisor, whose size stands in for a max_unit that was not
    told. Raises Unseen."""
    of = cloud.inventories.get(provider.id)
    if of is None and provider.id in cloud.traits:
        of = {}  # a summary tells traits and inventories: it has none
    if of is None:
        if resource_class not in THE_THREE or provider.parent_id:
            raise Unseen(f"the inventories of {provider.name} were not asked for")
        if not all(asked_for_one(cloud, each) for each in THE_THREE):
            raise Unseen(f"the inventories of {provider.name} were not seen")
        return Offer(provider, resource_class, full=True, seen=(provider,))
    here = of.get(resource_class)
    if here is None:
        return Offer(provider, resource_class, seen=tuple(of.values())[:1] or (provider,))
    capacity = here.capacity
    if here.total is not None and here.reserved is not None and here.ratio is not None:
        capacity = math.floor((here.total - here.reserved) * here.ratio)
    used = here.used
    if used is None and provider.id in cloud.allocations:
        used = sum(each.amount for each in held(cloud, provider, resource_class))
    if capacity is None or used is None:
        raise Unseen(f"how much {resource_class} of {provider.name} is used was not seen")
    most, guessed = here.max_unit, False
    if most is None and raw and not provider.parent_id:
        sizes = {"VCPU": raw.vcpus, "MEMORY_MB": raw.memory_mb, "DISK_GB": raw.disk_gb}
        most = sizes.get(resource_class) or None
        guessed = most is not None
    return Offer(
        provider,
        resource_class,
        capacity,
        used,
        most,
        here.min_unit or 1,
        here.step_size or 1,
        guessed,
        inventory=here,
        seen=(here,),
    )


def asked_for_one(cloud: Cloud, resource_class: str) -> bool:
    """Whether all providers that have one unit of a class left are known."""
    said = cloud.candidates.get(f"resources={resource_class}:1")
    return said is not None and not said.limited and not said.refusal


def held(cloud: Cloud, provider: Provider, resource_class: str) -> list[Allocation]:
    """Who holds how much of it, the largest first."""
    found = [each for each in cloud.allocations.get(provider.id, ()) if each.resource_class == resource_class]
    return sorted(found, key=lambda each: (-each.amount, each.consumer_id))


def traits(cloud: Cloud, provider: Provider) -> frozenset[str]:
    """Raises Unseen."""
    try:
        return cloud.traits[provider.id]
    except KeyError:
        raise Unseen(f"the traits of {provider.name} were not seen") from None


def traits_fact(cloud: Cloud, provider: Provider) -> tuple[Fact, ...]:
    """The fact that tells its traits, as evidence."""
    told = _told(cloud).get(provider.id)
    return (told,) if told else ()


@lru_cache(maxsize=2)
def _told(cloud: Cloud) -> dict[str, ProviderTraits]:
    return {each.provider_id: each for each in cloud.snapshot.all(ProviderTraits)}
