from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.fixes import shell
from mitate.analyze.room import got_no_host
from mitate.analyze.subjects import zone_subject
from mitate.analyze.words import listed
from mitate.model.cloud import ComputeService, Server
from mitate.model.diagnosis import Severity


@check(ComputeService, Server, severity=Severity.WARNING, helps=1)
def zone_all_hosts_disabled(services: Sequence[ComputeService], servers: Sequence[Server]) -> Problems:
    """No compute of an availability zone takes servers: each is disabled or down.

    What it means
        Whoever asks for that zone gets "no valid host", although the zone is in the list and other zones
        have room. What runs there goes on running.
    Why it happens
        A maintenance that took the zone host by host and never gave it back, a zone whose only host is in
        repair, a rack or a link that is down, or one failure (broker, libvirt) that took all of them.
    Look again
        openstack availability zone list --compute --long
        openstack compute service list --service nova-compute
    Fix
        openstack compute service set --enable HOST nova-compute, for those that were disabled by hand;
        for those that are down follow the cause that explains it.
    """
    zones: dict[str, list[ComputeService]] = defaultdict(list)
    for service in services:
        if service.binary == "nova-compute" and service.zone:
            zones[service.zone].append(service)
    for zone, computes in sorted(zones.items()):
        if any(each.enabled and each.up for each in computes):
            continue
        disabled = sorted(each.host for each in computes if not each.enabled)
        down = sorted(each.host for each in computes if each.enabled)
        parts = [
            f"{listed(hosts)} {'is' if len(hosts) == 1 else 'are'} {state}"
            for hosts, state in ((disabled, "disabled"), (down, "down"))
            if hosts
        ]
        failed = [each for each in servers if got_no_host(each) and each.zone.partition(":")[0] == zone]
        yield Problem(
            subject=zone_subject(zone),
            says=f"availability zone {zone} has no host that takes servers: {', '.join(parts)}"
            + (f"; server {failed[0].name} asked for it" if failed else ""),
            seen=(*computes[:4], *failed[:1]),
            symptom=not all_disabled(computes),
            fix=tuple(
                shell("openstack", "compute", "service", "set", "--enable", host, "nova-compute")
                for host in disabled[:8]
            ),
        )


def all_disabled(computes: Sequence[ComputeService]) -> bool:
    """Whether somebody took every host of a zone out: then the zone is the cause, and its hosts follow."""
    return all(not each.enabled and not each.disabled_reason.startswith("AUTO:") for each in computes)
