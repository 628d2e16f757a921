from __future__ import annotations

from collections.abc import Sequence

from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.fixes import shell
from mitate.analyze.subjects import provider_subject
from mitate.analyze.words import listed
from mitate.model.diagnosis import Confidence, Severity, Subject
from mitate.model.placement import PlacementAudit, Provider


@check(PlacementAudit, Provider, severity=Severity.WARNING, symptom=True, helps=1)
def placement_audit_finds_orphans(
    audits: Sequence[PlacementAudit], providers: Sequence[Provider]
) -> Problems:
    """Nova's own audit finds allocations in Placement that belong to no server or migration of that compute.

    What it means
        The room they hold is lost. The audit reads the databases of all cells, so it also knows the
        migrations that go on, which no list of servers shows; and it sees what a server left behind on a host
        where it is no more.
    Why it happens
        As with orphaned_allocations. After an evacuation, until nova-compute runs again on the host that
        had failed, the shares on that host are found too: that compute clears them itself when it starts.
    Look again
        nova-manage placement audit --verbose
        openstack resource provider show --allocations PROVIDER
    Fix
        Once it is certain that no evacuated host is still to come back:
        nova-manage placement audit --verbose --resource_provider PROVIDER --delete
    """
    by_id = {provider.id: provider for provider in providers}
    for audit in audits:
        if not audit.orphans:
            continue
        provider = by_id.get(audit.provider_id)
        subject = (
            provider_subject(provider)
            if provider
            else Subject("provider", audit.provider_id, f"provider {audit.provider_id}")
        )
        consumers = sorted({consumer for consumer, _ in audit.orphans})
        what = "a consumer" if len(consumers) == 1 else f"{len(consumers)} consumers"
        yield Problem(
            subject=subject,
            says=f"Nova's audit finds allocations of {subject.name} for {what} without a server or migration "
            f"there: {listed(consumers, 2)}",
            seen=(audit,),
            confidence=Confidence.PROVED,
            fix=(
                shell(
                    "nova-manage", "placement", "audit", "--verbose", "--resource_provider", audit.provider_id
                ),
            ),
        )
