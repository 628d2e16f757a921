from __future__ import annotations

from mitate.analyze.placement.answers import Refusal, Unseen
from mitate.analyze.placement.cloud import Cloud, HostState
from mitate.analyze.placement.filters._filter import scheduler_filter
from mitate.model.placement import Wanted

TRUST = "trust:trusted_host"


@scheduler_filter("TrustedFilter")
def trusted(host: HostState, wanted: Wanted, cloud: Cloud) -> Refusal | None:
    """A host must have the trust level that the flavour's trust:trusted_host asks for.

    What it means
        An attestation server ([trusted_computing] attestation_server) says which hosts are trusted; only the
        scheduler asks it. A flavour without the property passes everywhere. Pike has the filter no more.
    Why it happens
        The attestation server does not answer, or does not know the host.
    Look again
        openstack flavor show FLAVOR -c properties
        grep -A9 trusted_computing /etc/nova/nova.conf
    Fix
        openstack flavor unset FLAVOR --property trust:trusted_host
    """
    level = wanted.spec(TRUST)
    if not level:
        return None
    raise Unseen(f"whether {host.host} is {level} only the attestation server could say")
