from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.room import Homes
from mitate.analyze.subjects import aggregate_subject
from mitate.analyze.words import listed
from mitate.model.cloud import Hypervisor
from mitate.model.diagnosis import Confidence, Evidence, Severity
from mitate.model.host import ConfigOption
from mitate.model.placement import Aggregate, Provider, ProviderAggregates

ASKED_BY = (
    ("availability_zone", "query_placement_for_availability_zone", True),
    ("filter_tenant_id", "limit_tenants_to_placement_aggregate", False),
    ("trait:", "enable_isolated_aggregate_filtering", False),
)
"""What begins a name in the metadata of an aggregate, the option of [scheduler] that has Placement asked for
it (nova/scheduler/request_filter.py), and its default since 24.0."""


@check(Aggregate, ProviderAggregates, Provider, Hypervisor, ConfigOption, severity=Severity.WARNING, helps=1)
def aggregate_differs_in_placement(
    aggregates: Sequence[Aggregate],
    known: Sequence[ProviderAggregates],
    providers: Sequence[Provider],
    hypervisors: Sequence[Hypervisor],
    options: Sequence[ConfigOption],
) -> Problems:
    """An aggregate has other hosts in Nova than it has providers in Placement.

    What it means
        Where the scheduler asks Placement for the hosts of a zone, or of a tenant's own aggregate, the hosts
        that are missing there get no servers of it, and those too many are offered in vain. For other
        aggregates it changes nothing.
    Why it happens
        Placement could not be reached when the host joined or left the aggregate (Nova only logs that), the
        host had no provider yet, or the provider was made anew since.
    Look again
        openstack aggregate show AGGREGATE
        openstack resource provider aggregate list PROVIDER
    Fix
        nova-manage placement sync_aggregates       # adds what is missing, and removes nothing
        What is too much is removed by naming all that shall remain:
        openstack resource provider aggregate set --generation N --aggregate UUID … PROVIDER
    """
    homes = Homes(providers, hypervisors)
    rows = {each.provider_id: each for each in known}
    told: dict[str, set[str]] = defaultdict(set)
    on_host: dict[str, list[Provider]] = defaultdict(list)
    by_id = {}
    for provider in homes.roots:
        hypervisor, row = homes.hypervisor(provider), rows.get(provider.id)
        if hypervisor and row:
            by_id[provider.id] = provider
            on_host[hypervisor.service_host].append(provider)
            for uuid in row.aggregates:
                told[uuid].add(provider.id)
    for aggregate in aggregates:
        in_nova = {each.id for host in aggregate.hosts for each in on_host.get(host, ())}
        in_placement = told.get(aggregate.uuid, set())
        missing, extra = (
            [(by_id[each], rows[each]) for each in sorted(which)]
            for which in (in_nova - in_placement, in_placement - in_nova)
        )
        if not missing and not extra:
            continue
        parts = [
            f"{listed(sorted(provider.name for provider, _ in which))} {words}"
            for which, words in ((missing, "only in Nova"), (extra, "only in Placement"))
            if which
        ]
        asked, sure = _asked(aggregate, options)
        use = f"zone {aggregate.zone}" if aggregate.zone else "its tenants"
        yield Problem(
            subject=aggregate_subject(aggregate),
            says=f"aggregate {aggregate.name} differs between Nova and Placement: {', '.join(parts)}"
            + (f"; the scheduler asks Placement for the hosts of {use}" if asked else ""),
            seen=(
                aggregate,
                *(
                    Evidence.of(
                        row, f"{provider.name}: aggregates={listed(sorted(row.aggregates)) or 'none'}"
                    )
                    for provider, row in (*missing, *extra)[:3]
                ),
            ),
            severity=Severity.WARNING if asked else Severity.INFO,
            confidence=Confidence.CONFIRMED if sure else Confidence.PREDICTED,
            fix=_fix(aggregate, bool(missing), extra),
        )


def _asked(aggregate: Aggregate, options: Sequence[ConfigOption]) -> tuple[bool, bool]:
    """Whether the scheduler asks Placement for this aggregate, and whether its configuration says so."""
    names = {name for name, _ in aggregate.metadata} | ({"availability_zone"} if aggregate.zone else set())
    for start, option, default in ASKED_BY:
        if not any(name.startswith(start) for name in names):
            continue
        said = [each.value for each in options if each.name == option and each.value]
        if said or default:
            asks = any(value.lower() in ("true", "1", "yes", "on") for value in said) if said else default
            if asks:
                return True, bool(said)
    return False, True


def _fix(
    aggregate: Aggregate, missing: bool, extra: Sequence[tuple[Provider, ProviderAggregates]]
) -> tuple[str, ...]:
    fix = ["nova-manage placement sync_aggregates --verbose"] if missing else []
    for provider, row in extra:
        stay = " ".join(f"--aggregate {uuid}" for uuid in sorted(row.aggregates - {aggregate.uuid}))
        generation = "GENERATION" if provider.generation is None else provider.generation
        words = f"openstack resource provider aggregate set --generation {generation} {stay} {provider.id}"
        fix.append(" ".join(words.split()))
    return tuple(fix[:5])
