from __future__ import annotations

from functools import lru_cache

from mitate.analyze.placement.answers import Mend, Refusal, Unseen
from mitate.analyze.placement.cloud import Cloud, HostState
from mitate.analyze.placement.filters._filter import refuse, scheduler_filter
from mitate.analyze.placement.filters._looks import aggregates, metadata
from mitate.analyze.placement.filters._mends import aggregate_with, flavor_without, join
from mitate.analyze.placement.filters._operators import example, match
from mitate.analyze.words import listed
from mitate.model.placement import Aggregate, Wanted

SCOPE = "aggregate_instance_extra_specs"


@scheduler_filter("AggregateInstanceExtraSpecsFilter")
def aggregate_instance_extra_specs(host: HostState, wanted: Wanted, cloud: Cloud) -> Refusal | None:
    """A host must be in aggregates whose metadata meet the flavour's properties.

    What it means
        Every property of the flavour that begins with ``aggregate_instance_extra_specs:``, and every one
        without a colon, must be met by a value of that key in the metadata of the host's aggregates. A host
        in no aggregate, or in one without the key, is refused.
    Why it happens
        The hosts meant for the flavour were not added to the aggregate, the value is written otherwise there,
        or a property without a colon was meant for something else and is read by this filter too.
    Look again
        openstack flavor show FLAVOR -c properties
        openstack aggregate list --long
    Fix
        openstack aggregate add host AGGREGATE HOST
        openstack aggregate set --property KEY=VALUE AGGREGATE
        openstack flavor unset FLAVOR --property aggregate_instance_extra_specs:KEY
    """
    demands = _demands(wanted.extra_specs)
    if not demands:
        return None
    has = metadata(aggregates(host, cloud))
    failed = {name: key for name, key, demanded in demands if not _met(has.get(key), demanded)}
    if not failed:
        return None
    name, key = next(iter(failed.items()))
    there = listed(sorted(has[key])) if has.get(key) else "nothing"
    says = " and ".join(
        f"{each}={wanted.spec(full)} ({_there(has.get(each))})" for full, each in failed.items()
    )
    return refuse(
        "AggregateInstanceExtraSpecsFilter",
        f"no aggregate of host {host.host} has what flavour {wanted.flavor_name} demands: {says}",
        wanted=f"{key}={wanted.spec(name)}",
        available=there,
        seen=host.aggregates or (host.service,),
        mends=_mends(host, wanted, cloud, failed),
    )


@lru_cache(maxsize=4)
def _helpful(cloud: Cloud, extra_specs: tuple[tuple[str, str], ...]) -> tuple[Aggregate, ...]:
    """The aggregates that meet one of the demands, so that joining one may help a host."""
    demands = _demands(extra_specs)
    return tuple(
        each
        for each in cloud.aggregates
        if (has := metadata([each])) and any(_meets(has.get(key), demanded) for _, key, demanded in demands)
    )


def _demands(extra_specs: tuple[tuple[str, str], ...]) -> list[tuple[str, str, str]]:
    """(property of the flavour, key of the metadata, demand) of each that this filter reads."""
    found = []
    for name, demanded in extra_specs:
        scope, colon, key = name.partition(":")
        if not colon:
            found.append((name, name, demanded))
        elif scope == SCOPE:
            found.append((name, key, demanded))
    return found


def _met(there: set[str] | None, demanded: str) -> bool:
    """Where a value cannot be compared, Nova's scheduler itself fails, unless a better one comes first.

    Raises Unseen when that depends on the order in which it happens to look.
    """
    met, broken = False, False
    for value in there or ():
        try:
            met = match(value, demanded) or met
        except ValueError:
            broken = True
    if met and broken:
        raise Unseen(f"the scheduler may fail on comparing {listed(sorted(there or ()))} with {demanded}")
    return met


def _there(values: set[str] | None) -> str:
    return f"there is {listed(sorted(values))}" if values else "no such key"


def _mends(host: HostState, wanted: Wanted, cloud: Cloud, failed: dict[str, str]) -> list[Mend]:
    mends = []
    own = {each.id for each in host.aggregates}
    lacking = [(key, wanted.spec(name) or "") for name, key in failed.items()]
    for each in _helpful(cloud, wanted.extra_specs):
        if each.id in own or (each.zone and host.zone and each.zone != host.zone):
            continue  # a host is in one zone only
        if _all_met(metadata([*host.aggregates, each]), wanted):
            mends.append(join(each, host))
            break
    cures = {key: example(demanded) or "" for key, demanded in lacking}
    if host.aggregates and all(cures.values()):
        smallest = min(host.aggregates, key=lambda each: (bool(each.zone), len(each.hosts), each.name))
        after = metadata(host.aggregates)
        for key, value in cures.items():
            after[key] = after.get(key, set()) | {value}
        if not cures.keys() & dict(smallest.metadata).keys() and _all_met(after, wanted):
            mends.append(aggregate_with(smallest, cures))
    mends.append(
        flavor_without(wanted, failed, risk="its servers then come up on hosts that were not meant for it")
    )
    return mends


def _all_met(there: dict[str, set[str]], wanted: Wanted) -> bool:
    return all(_meets(there.get(key), demanded) for _, key, demanded in _demands(wanted.extra_specs))


def _meets(there: set[str] | None, demanded: str) -> bool:
    """Surely met, in whatever order the scheduler looks."""
    try:
        return _met(there, demanded)
    except Unseen:
        return False
