"""Whether a host takes all that is asked for at once: which provider of its tree gives what.

Without a group, each class may come from another provider of the tree; the providers that are used must have
the demanded traits together, and none of them a forbidden one. A granular group comes from one provider
alone. What several groups take from one provider adds up (placement.objects.allocation_candidate).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice, product

from mitate.analyze.placement.answers import Refusal, Unseen
from mitate.analyze.placement.candidates import aggregates_of, members, tree
from mitate.analyze.placement.cloud import Cloud, HostState
from mitate.analyze.placement.mending import forbidden_trait, missing_trait
from mitate.analyze.placement.offers import Offer, offer, traits
from mitate.model.placement import Constraint, Provider, Stage, Wanted

MOST_WAYS = 20_000
Way = tuple[tuple[str, str, int], ...]
"""What is taken: (provider, class, amount)."""


def plain(constraints: Sequence[Constraint], host: HostState, cloud: Cloud) -> bool:
    """Whether each constraint may be asked by itself: one provider, and no granular group."""
    return len(tree(host, cloud)) <= 1 and not any(each.group for each in constraints)


def together(
    constraints: Sequence[Constraint], group_policy: str, host: HostState, wanted: Wanted, cloud: Cloud
) -> Refusal | None:
    """What the tree of a host says to all of them that meets each by itself: no to the one without which it
    would fit, if there is such a one. Raises Unseen."""
    if plain(constraints, host, cloud) or fits(constraints, group_policy, host, cloud):
        return None
    where = tuple(tree(host, cloud))
    for one in constraints:
        rest = [each for each in constraints if each != one]
        if one.kind in MENDS and fits(rest, group_policy, host, cloud):
            has = "has no" if one.kind == "trait" else "has"
            says = f"what {host.host} would give of its providers {has} trait {one.name}"
            mends = MENDS[one.kind](one, host, cloud, wanted)
            return Refusal(one.name, Stage.PLACEMENT, says, one.name, None, where, mends)
    names = ", ".join(sorted({f"{each.name}{each.group}" for each in constraints if each.kind == "resource"}))
    says = f"{host.host} has each thing that is asked for, but no providers of it give {names} together"
    return Refusal("provider tree", Stage.PLACEMENT, says, names, None, where)


MENDS = {"trait": missing_trait, "no_trait": forbidden_trait}


def fits(constraints: Sequence[Constraint], group_policy: str, host: HostState, cloud: Cloud) -> bool:
    """Raises Unseen, also when there are more ways to share it out than are tried."""
    providers = tree(host, cloud)
    if not providers or not _root_fits([each for each in constraints if each.root], providers[0], cloud):
        return False
    groups: dict[str, list[Constraint]] = defaultdict(list)
    for each in constraints:
        if not each.root:
            groups[each.group].append(each)
    ways = [
        list(_granular(members, host, providers, cloud) if suffix else _any(members, host, providers, cloud))
        for suffix, members in groups.items()
    ]
    granular = [bool(suffix) for suffix in groups]
    for tried, chosen in enumerate(product(*ways)):
        if tried > MOST_WAYS:
            raise Unseen(f"{host.host} has too many providers to try all ways")
        alone = [way[0][0] for way, single in zip(chosen, granular, strict=True) if single and way]
        if group_policy == "isolate" and len(set(alone)) < len(alone):
            continue
        if _has_room(chosen, {each.id: each for each in providers}, host, cloud):
            return True
    return False


def _root_fits(constraints: Sequence[Constraint], root: Provider, cloud: Cloud) -> bool:
    return all(
        (each.name in traits(cloud, root)) == (each.kind == "trait")
        for each in constraints
        if each.kind in {"trait", "no_trait"}
    )


def _granular(
    group: Sequence[Constraint], host: HostState, providers: Sequence[Provider], cloud: Cloud
) -> Iterator[Way]:
    """One provider for all of it."""
    wanted = [each for each in group if each.kind == "resource"]
    for provider in providers:
        offers = [(each, offer(cloud, provider, each.name, host.hypervisor)) for each in wanted]
        if any(here.why_not(each.amount) for each, here in offers):
            continue
        if _have(group, [provider], cloud) and _placed(group, provider, host, providers, cloud):
            yield tuple((provider.id, each.name, each.amount) for each in wanted)


def _any(
    group: Sequence[Constraint], host: HostState, providers: Sequence[Provider], cloud: Cloud
) -> Iterator[Way]:
    """A provider for each class."""
    wanted = [each for each in group if each.kind == "resource"]
    by_id = {each.id: each for each in providers}
    per_class = [
        [
            (provider.id, each.name, each.amount)
            for provider in providers
            if not offer(cloud, provider, each.name, host.hypervisor).why_not(each.amount)
            and _placed(group, provider, host, providers, cloud)
        ]
        for each in wanted
    ]
    for way in islice(product(*per_class), MOST_WAYS):
        if _have(group, [by_id[provider] for provider, _, _ in way], cloud):
            yield way


def _have(group: Sequence[Constraint], used: Sequence[Provider], cloud: Cloud) -> bool:
    """Whether the providers that are used have the traits together, and none a forbidden one."""
    all_traits = {name for each in used for name in traits(cloud, each)}
    for each in group:
        if each.kind in {"trait", "any_trait"} and not all_traits & set(each.name.split(",")):
            return False
        if each.kind == "no_trait" and each.name in all_traits:
            return False
    return True


def _placed(
    group: Sequence[Constraint],
    provider: Provider,
    host: HostState,
    providers: Sequence[Provider],
    cloud: Cloud,
) -> bool:
    """Whether a provider may be used at all: aggregates (its own or, without a group, its root's), tree."""
    for each in group:
        if each.kind == "in_tree" and all(each.name != one.id for one in providers):
            return False
        if each.kind in {"member_of", "not_member_of"}:
            own = aggregates_of(host, provider, cloud)
            if not each.group:
                own |= aggregates_of(host, providers[0], cloud)
            if bool(own & members(each)) != (each.kind == "member_of"):
                return False
    return True


def _has_room(chosen: Sequence[Way], by_id: dict[str, Provider], host: HostState, cloud: Cloud) -> bool:
    """Whether what several groups take of one provider still fits; units are not asked again, as there."""
    taken: dict[tuple[str, str], int] = defaultdict(int)
    for way in chosen:
        for provider, name, amount in way:
            taken[provider, name] += amount
    for (provider, name), amount in taken.items():
        here: Offer = offer(cloud, by_id[provider], name, host.hypervisor)
        if here.why_not(amount) in {"capacity", "max_unit", "none"}:
            return False
    return True
