"""What each thing that a request demands of Placement says to each host: yes, or no with the numbers.

A host is the tree of providers below its root. What is demanded without a group may come from any provider of
the tree; whether all of it comes together is asked in tree.py.
"""

from __future__ import annotations

from functools import lru_cache

from mitate.analyze.placement import mending
from mitate.analyze.placement.answers import Refusal, Unseen
from mitate.analyze.placement.cloud import Cloud, HostState
from mitate.analyze.placement.offers import Offer, offer, traits, traits_fact
from mitate.model.placement import Constraint, Provider, ProviderAggregates, Stage, Wanted
from mitate.model.source import Fact


def refusal(constraint: Constraint, host: HostState, wanted: Wanted, cloud: Cloud) -> Refusal | None:
    """What one constraint, by itself, says to one host. Raises Unseen."""
    if host.provider is None:
        return _no_provider(constraint, host, cloud)
    return _JUDGES[constraint.kind](constraint, host, wanted, cloud)


def tree(host: HostState, cloud: Cloud) -> list[Provider]:
    """The providers of a host, the root first."""
    if host.provider is None:
        return []
    return cloud.trees.get(host.provider.root_id or host.provider.id) or [host.provider]


def members(constraint: Constraint) -> set[str]:
    """The aggregates that a constraint names."""
    return set(constraint.name.split(","))


def aggregates_of(host: HostState, provider: Provider, cloud: Cloud) -> frozenset[str]:
    """As Placement knows them; where it was not asked, those that Nova should have told it. Raises Unseen."""
    known = cloud.provider_aggregates.get(provider.id)
    if known is not None:
        return known
    if not blind_of_aggregates(cloud):
        return frozenset()
    if provider.parent_id:
        return frozenset()
    if not cloud.aggregates:
        raise Unseen(f"the aggregates of {host.host} were not seen")
    return frozenset(each.uuid for each in host.aggregates)


@lru_cache(maxsize=4)
def blind_of_aggregates(cloud: Cloud) -> bool:
    """Whether Placement was not asked for aggregates."""
    return bool(cloud.snapshot.blind(ProviderAggregates))


def nearest_offer(constraint: Constraint, host: HostState, cloud: Cloud) -> Offer:
    """Of all providers of a host the one that takes it, else the one with most to give.

    Raises Unseen when one that was not seen may take it.
    """
    best, blind = None, None
    for provider in tree(host, cloud):
        try:
            here = offer(cloud, provider, constraint.name, host.hypervisor)
        except Unseen as unseen:
            blind = blind or unseen
            continue
        if not here.why_not(constraint.amount):
            return here
        if best is None or (here.capacity or 0, here.left) > (best.capacity or 0, best.left):
            best = here
    if blind or best is None:
        raise blind or Unseen(f"{host.host} has no provider")
    return best


# -- each kind ------------------------------------------------------------


def _resource(one: Constraint, host: HostState, wanted: Wanted, cloud: Cloud) -> Refusal | None:
    here = nearest_offer(one, host, cloud)
    why = here.why_not(one.amount)
    if not why:
        return None
    available = here.left if here.most is None else min(here.left, here.most)
    says = _says(why, one, host.host, here)
    mends = mending.capacity(one, host, cloud, wanted, here)
    return Refusal(one.name, Stage.PLACEMENT, says, one.amount, available, here.seen, mends)


def _says(why: str, one: Constraint, host: str, here: Offer) -> str:
    name, unit = one.name, _UNITS.get(one.name, "")
    asked = f"{one.amount}{unit} wanted"
    if why == "none":
        return f"{host} has no {name} at all"
    if here.full:
        return f"{host} has none of {name}, or nothing of it is left"
    if why == "capacity":
        return f"{host} has {here.left}{unit} of {name} left{_sum(here)}, {asked}"
    if why == "max_unit":
        raw = " (its raw size)" if here.guessed else ""
        return f"one server may get {here.most}{unit} of {name} on {host}{raw}, {asked}"
    if why == "min_unit":
        return f"{host} gives no less than {here.least}{unit} of {name}, {asked}"
    return f"{host} gives {name} in steps of {here.step}{unit}, {asked}"


_UNITS = {"MEMORY_MB": " MB", "DISK_GB": " GB"}


def _sum(here: Offer) -> str:
    """How what is left comes about: ``(12506 - 512) × 1.5 - 9000 used``."""
    known = here.inventory
    if known is None or known.total is None:
        return f" ({here.used} of {here.capacity} used)"
    reserved = f" - {known.reserved} reserved" if known.reserved else ""
    ratio = f" × {known.ratio:g}" if known.ratio not in (None, 1) else ""
    total = f"({known.total}{reserved}){ratio}" if reserved and ratio else f"{known.total}{reserved}{ratio}"
    return f" ({total} - {here.used} used)"


def _trait(one: Constraint, host: HostState, wanted: Wanted, cloud: Cloud) -> Refusal | None:
    providers = tree(host, cloud)
    asked = providers[:1] if one.root else providers
    names = set(one.name.split(","))
    if any(names & traits(cloud, each) for each in asked):
        return None
    says = f"{host.host} has no trait {' or '.join(sorted(names))}"
    seen = traits_fact(cloud, asked[0])
    return Refusal(
        one.name, Stage.PLACEMENT, says, one.name, None, seen, mending.missing_trait(one, host, cloud, wanted)
    )


def _no_trait(one: Constraint, host: HostState, wanted: Wanted, cloud: Cloud) -> Refusal | None:
    """Of the root alone when it is the root's; else a host is refused only when every provider has it."""
    providers = tree(host, cloud)
    asked = providers[:1] if one.root else providers
    if not all(one.name in traits(cloud, each) for each in asked):
        return None
    says = f"{host.host} has the trait {one.name}, which is forbidden"
    seen: tuple[Fact, ...] = traits_fact(cloud, asked[0])
    if one.name == "COMPUTE_STATUS_DISABLED":
        says = f"{host.host} is disabled"
        if host.service and not host.service.enabled:
            reason = host.service.disabled_reason
            says += f": {reason}" if reason else ", no reason was given"
            seen = (host.service, *seen)
        elif host.service:
            says = f"{host.host} has the trait of a disabled host, though its service is enabled"
            seen = (host.service, *seen)
    return Refusal(
        one.name, Stage.PLACEMENT, says, "", one.name, seen, mending.forbidden_trait(one, host, cloud, wanted)
    )


def _member_of(one: Constraint, host: HostState, wanted: Wanted, cloud: Cloud) -> Refusal | None:
    named, providers = members(one), tree(host, cloud)
    if aggregates_of(host, providers[0], cloud) & named:
        return None  # the root's aggregates are those of the whole tree
    if any(aggregates_of(host, each, cloud) & named for each in providers[1:]):
        return None
    seen = tuple(each for each in cloud.aggregates if each.uuid in named)
    names = ", ".join(sorted(each.name for each in seen) or sorted(named))
    zone = one.origin.startswith("availability zone ")
    says = f"{host.host} is in none of the aggregates {names} ({one.origin})"
    if zone:
        says = f"{host.host} is not in {one.origin}"
    if any(each.uuid in named for each in host.aggregates):
        says = f"{host.host} is in aggregate {names}, but Placement does not know it"
    own = ", ".join(each.name for each in host.aggregates) or "no aggregate"
    mends = mending.outside(one, host, cloud, wanted)
    return Refusal(one.origin if zone else names, Stage.PLACEMENT, says, names, own, seen, mends)


def _not_member_of(one: Constraint, host: HostState, wanted: Wanted, cloud: Cloud) -> Refusal | None:
    inside = aggregates_of(host, tree(host, cloud)[0], cloud) & members(one)
    if not inside:
        return None
    named = [each for each in cloud.aggregates if each.uuid in inside]
    names = ", ".join(each.name for each in named) or ", ".join(sorted(inside))
    says = f"{host.host} is in {names}, which is kept for others ({one.origin})"
    return Refusal(one.name, Stage.PLACEMENT, says, "", names, tuple(named), mending.inside(host, named))


def _in_tree(one: Constraint, host: HostState, wanted: Wanted, cloud: Cloud) -> Refusal | None:
    providers = tree(host, cloud)
    if any(each.id == one.name for each in providers):
        return None
    says = f"{host.host} is not the {one.origin}"
    return Refusal(
        "in_tree", Stage.PLACEMENT, says, one.origin, host.host, (providers[0],), (mending.any_host(wanted),)
    )


_JUDGES = {
    "resource": _resource,
    "trait": _trait,
    "any_trait": _trait,
    "no_trait": _no_trait,
    "member_of": _member_of,
    "not_member_of": _not_member_of,
    "in_tree": _in_tree,
}


def _no_provider(one: Constraint, host: HostState, cloud: Cloud) -> Refusal | None:
    if not cloud.providers:
        raise Unseen("no resource provider was seen")
    says = f"{host.host} has no resource provider: Placement does not know it"
    seen = tuple(each for each in (host.service, host.hypervisor) if each)
    return Refusal(
        "resource provider", Stage.PLACEMENT, says, one.name, None, seen, mending.no_provider(host)
    )
