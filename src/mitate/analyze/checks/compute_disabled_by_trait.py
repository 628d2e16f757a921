from __future__ import annotations

from collections.abc import Sequence

from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.fixes import shell
from mitate.analyze.room import Homes
from mitate.analyze.subjects import compute_service_subject
from mitate.model.cloud import ComputeService, Hypervisor
from mitate.model.diagnosis import Severity
from mitate.model.placement import Provider, ProviderTraits

TRAIT = "COMPUTE_STATUS_DISABLED"
SET = ("openstack", "compute", "service", "set")


@check(ComputeService, Hypervisor, Provider, ProviderTraits, severity=Severity.WARNING)
def compute_disabled_by_trait(
    services: Sequence[ComputeService],
    hypervisors: Sequence[Hypervisor],
    providers: Sequence[Provider],
    known: Sequence[ProviderTraits],
) -> Problems:
    """Nova calls a compute enabled, and Placement holds it for disabled, or the other way round.

    What it means
        The scheduler never asks for providers with the trait COMPUTE_STATUS_DISABLED, so the host gets no new
        server, though every list of Nova shows it as enabled. The other way round it is only offered in vain:
        the scheduler's ComputeFilter passes over it.
    Why it happens
        nova-compute keeps the trait in step with its service: when that is switched, and with every report
        of its resources. It lags behind for a minute; it stays behind when nova-compute does not run or
        cannot write to Placement, or when somebody set the trait by hand on a provider that nobody updates.
        Computes before 20.0 (Train) know no such trait.
    Look again
        openstack compute service list --service nova-compute
        openstack resource provider trait list PROVIDER
    Fix
        Switch it once more, while nova-compute runs: the trait follows.
        openstack compute service set --disable HOST nova-compute
        openstack compute service set --enable HOST nova-compute
    """
    traits = {each.provider_id: each for each in known}
    computes = {each.host: each for each in services if each.binary == "nova-compute"}
    homes = Homes(providers, hypervisors)
    for provider in homes.roots:
        hypervisor, row = homes.hypervisor(provider), traits.get(provider.id)
        service = computes.get(hypervisor.service_host) if hypervisor else None
        if service is None or row is None or service.enabled == (TRAIT not in row.traits):
            continue
        if service.enabled:
            says = (
                f"{service.binary} on {service.host} is enabled, but its provider has the trait {TRAIT}: "
                f"no new server comes there"
            )
        elif service.up:
            says = f"{service.binary} on {service.host} is disabled, but its provider lacks the trait {TRAIT}"
        else:
            continue  # a compute that is down cannot have followed
        there, back = ("--disable", "--enable") if service.enabled else ("--enable", "--disable")
        yield Problem(
            subject=compute_service_subject(service),
            says=says,
            seen=(service, row),
            severity=None if service.enabled else Severity.INFO,
            fix=(
                shell(*SET, there, service.host, service.binary),
                shell(*SET, back, service.host, service.binary),
            ),
        )
