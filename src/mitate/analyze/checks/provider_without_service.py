from __future__ import annotations

from collections.abc import Sequence

from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.fixes import shell
from mitate.analyze.room import Homes, same_host
from mitate.analyze.subjects import provider_subject
from mitate.model.cloud import ComputeService, Hypervisor
from mitate.model.diagnosis import Evidence, Severity
from mitate.model.placement import Allocation, Inventory, Provider

COMPUTES = ("VCPU", "PCPU")
"""Only computes offer these: what shares a disk or an address pool is nobody's hypervisor."""


@check(
    ComputeService, Hypervisor, Provider, Inventory, Allocation, severity=Severity.WARNING, whole=2, helps=1
)
def provider_without_service(
    services: Sequence[ComputeService],
    hypervisors: Sequence[Hypervisor],
    providers: Sequence[Provider],
    inventories: Sequence[Inventory],
    allocations: Sequence[Allocation],
) -> Problems:
    """Placement offers a compute that Nova does not have.

    What it means
        The scheduler is offered room that nobody has, and passes it over. With many such providers the real
        hosts may not be among the candidates any more (max_placement_results). Where the name is the same as
        a real compute's, that compute cannot register itself, and gets no server at all.
    Why it happens
        A host was taken away without deleting its service first, or while it still had allocations, which
        keep the provider; it was renamed, or began to report its full name instead of the short one; or its
        service was deleted while nova-compute went on running. In a cloud with several cells the database of
        one cell may just not have answered: its computes are missing from Nova's lists until it does.
    Look again
        openstack compute service list --service nova-compute
        openstack hypervisor list
        openstack resource provider show --allocations PROVIDER
    Fix
        Move or delete what its allocations belong to, then:
        openstack resource provider delete PROVIDER
        After that, restart nova-compute on a host of the same name, so that it registers itself anew.
    """
    homes = Homes(providers, hypervisors)
    computes = {each.provider_id for each in inventories if each.resource_class in COMPUTES}
    hosts = [service for service in services if service.binary == "nova-compute"]
    by_name = {each.hostname: each for each in hypervisors}
    for provider in homes.roots:
        twin = by_name.get(provider.name)
        if provider.id not in computes or (twin and twin.id == provider.id) or not hosts:
            continue
        if twin:
            says = f"the provider named {provider.name} is not its hypervisor's: their ids differ"
            seen = Evidence.of(twin, f"id={twin.id} hostname={twin.hostname}")
        elif homes.hypervisor(provider):
            continue  # the same id under another name
        else:
            service = next((each for each in hosts if same_host(each.host, provider.name)), None)
            now = next((each for each in hypervisors if service and each.service_host == service.host), None)
            if service and not now:
                continue  # compute_not_mapped_to_cell
            if now:
                says = (
                    f"the provider {provider.name} is left over: that host's hypervisor is now {now.hostname}"
                )
                seen = Evidence.of(now)
            else:
                says = f"Placement offers {provider.name}, and no nova-compute is on a host of that name"
                names = ", ".join(sorted(each.host for each in hosts)[:10])
                seen = Evidence.of(hosts[0], f"hosts with nova-compute: {names}")
        held = [each for each in allocations if each.provider_id == provider.id]
        consumers = len({each.consumer_id for each in held})
        if consumers:
            says += (
                f"; {consumers} consumers hold a part of it"
                if consumers > 1
                else "; one consumer holds a part of it"
            )
        yield Problem(
            subject=provider_subject(provider, provider.name),
            says=says,
            seen=(provider, seen, *held[:2]),
            fix=(
                shell("openstack", "resource", "provider", "show", "--allocations", provider.id),
                shell("openstack", "resource", "provider", "delete", provider.id),
            ),
        )
