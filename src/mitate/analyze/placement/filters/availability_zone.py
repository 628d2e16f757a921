from __future__ import annotations

from mitate.analyze.placement.answers import Mend, Refusal
from mitate.analyze.placement.cloud import Cloud, HostState
from mitate.analyze.placement.filters._filter import refuse, scheduler_filter
from mitate.analyze.placement.filters._looks import aggregates, metadata, with_key
from mitate.analyze.placement.filters._mends import join, leave, other_zone
from mitate.analyze.words import listed
from mitate.model.placement import Wanted

KEY = "availability_zone"


@scheduler_filter("AvailabilityZoneFilter")
def availability_zone(host: HostState, wanted: Wanted, cloud: Cloud) -> Refusal | None:
    """A host must be in the availability zone that was asked for.

    What it means
        A host's zone is the availability_zone of its aggregates, else [DEFAULT] default_availability_zone
        ("nova"). The host is in another zone than the server wants.
    Why it happens
        The zone was chosen for its name and has no room or no hosts, the new hosts were not added to the
        zone's aggregate, or a server once built in a zone is bound to it.
        Until Antelope this filter decided; since Xena, Placement does by itself
        ([scheduler] query_placement_for_availability_zone), and 2023.2 has the filter no more.
    Look again
        openstack availability zone list --compute --long
        openstack aggregate list --long
    Fix
        Ask for a zone that has hosts with room, or add a host to the zone's aggregate:
        openstack aggregate add host AGGREGATE HOST
    """
    if not wanted.zone:
        return None
    zones = metadata(aggregates(host, cloud)).get(KEY)
    default = cloud.option("DEFAULT", "default_availability_zone") or "nova"
    if wanted.zone in (zones or {default}):
        return None
    has = listed(sorted(zones or {default}))
    return refuse(
        "AvailabilityZoneFilter",
        f"host {host.host} is in zone {has}, not in {wanted.zone}",
        wanted=wanted.zone,
        available=has,
        seen=(*with_key(host, KEY), host.service),
        mends=_mends(host, wanted, cloud, sorted(zones) if zones else [default]),
    )


def _mends(host: HostState, wanted: Wanted, cloud: Cloud, zones: list[str]) -> list[Mend]:
    """Another zone, none, or another aggregate for the host; Nova lets a host be in one zone only."""
    found = [*(other_zone(wanted, zone) for zone in zones[:1]), other_zone(wanted, "")]
    into = next((each for each in cloud.aggregates if each.zone == wanted.zone), None)
    if into is None:
        return found
    joining = join(into, host)
    out = with_key(host, KEY)
    if out:
        leaving = leave(out, host)
        joining = Mend(
            key=f"{leaving.key}, {joining.key}",
            change=f"move host {host.host} to zone {wanted.zone}",
            commands=(*leaving.commands, *joining.commands),
            risk="servers on it change their zone; newer releases refuse while there are any",
            effort=4,
        )
    return [*found, joining]
