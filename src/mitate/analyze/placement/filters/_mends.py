"""The changes that cure refusals of filters, with the commands a person would type.

Mends that Placement's own refusals share (a zone, a disabled service) have the same keys there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import lru_cache

from mitate.analyze.fixes import on, restart, shell
from mitate.analyze.placement.answers import Mend
from mitate.analyze.placement.cloud import Cloud, HostState
from mitate.model.cloud import ComputeService
from mitate.model.placement import Aggregate, Wanted

SWITCH, ASK_ELSE, PROMISE, MOVE = 1, 2, 3, 4
"""Efforts, as answers.Mend has them."""


@lru_cache(maxsize=256)  # thousands of hosts may have the same mend
def ask_again(
    wanted: Wanted,
    *,
    zone: str | None = None,
    without: tuple[str, ...] = (),
    hints: tuple[tuple[str, str], ...] = (),
    host: bool = True,
) -> str:
    """The command that asks for such a server again: in another zone ("" for none), without some hints, with
    others, without the host it named."""
    words = ["openstack"]
    if wanted.host and host:
        words += ["--os-compute-api-version", "2.74"]
    words += ["server", "create", "--flavor", wanted.flavor_name]
    if wanted.image:
        words += ["--image", wanted.image.name or wanted.image.id]
    elif wanted.from_volume:
        words += ["--volume", "VOLUME"]
    place = wanted.zone if zone is None else zone
    if wanted.forced_host and host and zone is None:
        place = f"{wanted.zone}:{wanted.forced_host}"
    if place:
        words += ["--availability-zone", place]
    if wanted.host and host:
        words += ["--host", wanted.host]
    asked = [each for each in wanted.hints if each[0] not in without]
    if wanted.group and "group" not in without and not wanted.hint("group"):
        asked.append(("group", wanted.group.id))  # known, though this release does not tell hints
    for name, value in (*asked, *hints):
        words += ["--hint", f"{name}={value}"]
    if wanted.count > 1:
        words += ["--min", str(wanted.count), "--max", str(wanted.count)]
    return shell(*words, wanted.name if wanted.server_id else "NAME")


def other_zone(wanted: Wanted, zone: str) -> Mend:
    """Ask for a zone, "" for any."""
    return Mend(
        key=f"zone {zone}" if zone else "no zone",
        change=f"ask for zone {zone} instead of {wanted.zone}" if zone else "ask for no zone at all",
        commands=(ask_again(wanted, zone=zone),),
        risk="" if zone else "the server may then come up in any zone",
        effort=ASK_ELSE,
    )


def drop_hint(wanted: Wanted, *names: str, risk: str = "") -> Mend:
    """Ask without some hints."""
    listed = " and ".join(names)
    return Mend(
        key=f"no hint {' '.join(sorted(names))}",
        change=f"ask without the hint {listed}",
        commands=(ask_again(wanted, without=names),),
        risk=risk,
        effort=ASK_ELSE,
    )


def flavor_without(wanted: Wanted, names: Iterable[str], risk: str = "") -> Mend:
    """Take properties off the flavour."""
    gone = sorted(set(names))
    words = [word for name in gone for word in ("--property", name)]
    return Mend(
        key=f"flavor {wanted.flavor_name} without {' '.join(gone)}",
        change=f"take {_properties(gone)} off flavour {wanted.flavor_name}",
        commands=(shell("openstack", "flavor", "unset", wanted.flavor_name, *words), ask_again(wanted)),
        risk=risk or "every new server of the flavour then goes without",
        effort=ASK_ELSE,
    )


def image_without(wanted: Wanted, names: Iterable[str], risk: str = "") -> Mend:
    """Take properties off the image."""
    gone = sorted(set(names))
    image = wanted.image.name or wanted.image.id if wanted.image else "IMAGE"
    words = [word for name in gone for word in ("--property", name)]
    return Mend(
        key=f"image {image} without {' '.join(gone)}",
        change=f"take {_properties(gone)} off image {image}",
        commands=(shell("openstack", "image", "unset", *words, image), ask_again(wanted)),
        risk=risk,
        effort=ASK_ELSE,
    )


def image_with(wanted: Wanted, properties: dict[str, str], risk: str = "") -> Mend:
    """Set properties of the image."""
    image = wanted.image.name or wanted.image.id if wanted.image else "IMAGE"
    pairs = [f"{name}={value}" for name, value in sorted(properties.items())]
    words = [word for pair in pairs for word in ("--property", pair)]
    return Mend(
        key=f"image {image} with {' '.join(pairs)}",
        change=f"set {' and '.join(pairs)} on image {image}",
        commands=(shell("openstack", "image", "set", *words, image), ask_again(wanted)),
        risk=risk,
        effort=ASK_ELSE,
    )


def aggregate_with(aggregate: Aggregate, properties: dict[str, str], risk: str = "") -> Mend:
    """Set metadata of an aggregate."""
    pairs = [f"{name}={value}" for name, value in sorted(properties.items())]
    words = [word for pair in pairs for word in ("--property", pair)]
    others = len(aggregate.hosts) - 1
    return Mend(
        key=f"aggregate {aggregate.name} with {' '.join(pairs)}",
        change=f"set {' and '.join(pairs)} on aggregate {aggregate.name}",
        commands=(shell("openstack", "aggregate", "set", *words, aggregate.name),),
        risk=risk or (f"it then holds for the {others} other hosts of the aggregate, too" if others else ""),
        effort=SWITCH,
    )


def join(aggregate: Aggregate, host: HostState) -> Mend:
    """Add a host to an aggregate. One that makes a zone takes a host's servers along into the zone."""
    risk = "all other metadata of the aggregate then holds for the host, too"
    if aggregate.zone and aggregate.zone != host.zone:
        risk = "servers on it change their zone; newer releases refuse while there are any"
    return Mend(
        key=f"aggregate {aggregate.name} host {host.host}",
        change=f"add host {host.host} to aggregate {aggregate.name}",
        commands=(shell("openstack", "aggregate", "add", "host", aggregate.name, host.host),),
        risk=risk,
        effort=PROMISE if aggregate.zone and aggregate.zone != host.zone else SWITCH,
    )


def leave(found: Iterable[Aggregate], host: HostState) -> Mend:
    """Take a host out of aggregates."""
    several = tuple(found)
    names = " and ".join(each.name for each in several)
    return Mend(
        key=f"aggregate {names} without host {host.host}",
        change=f"take host {host.host} out of aggregate {names}",
        commands=tuple(
            shell("openstack", "aggregate", "remove", "host", each.name, host.host) for each in several
        ),
        risk="what the aggregate keeps the host for is then no longer kept",
        effort=SWITCH,
    )


def enable(host: HostState, service: ComputeService) -> Mend:
    """Whatever keeps the compute service from taking servers: disabled, forced down, or not running."""
    commands = []
    if not service.enabled:
        commands.append(
            shell("openstack", "compute", "service", "set", "--enable", service.host, "nova-compute")
        )
    if service.forced_down:
        version = ("--os-compute-api-version", "2.53")
        commands.append(
            shell("openstack", *version, "compute", "service", "set", "--up", service.host, "nova-compute")
        )
    elif not service.up:
        commands.append(restart(service.host, None, "nova-compute"))
    why = service.disabled_reason.strip()
    words = "enable" if service.up else "bring up" if service.enabled else "enable and bring up"
    return Mend(
        key=f"enable {host.host}",
        change=f"{words} nova-compute on {host.host}",
        commands=tuple(commands),
        risk=f"somebody disabled it: {why}" if why else "somebody disabled it" if not service.enabled else "",
        effort=SWITCH,
    )


def configure(cloud: Cloud, section: str, name: str, value: str, risk: str = "") -> Mend:
    """Another value of an option of the schedulers; [section] name = value, then a restart."""
    hosts = sorted(
        each.host for each in cloud.snapshot.all(ComputeService) if each.binary == "nova-scheduler"
    )
    return Mend(
        key=f"option {section} {name} {value}",
        change=f"set [{section}] {name} = {value} in the schedulers' nova.conf and restart them"
        if value
        else f"unset [{section}] {name} in the schedulers' nova.conf and restart them",
        commands=tuple(on(host, "systemctl", "restart", "nova-scheduler.service") for host in hosts),
        risk=risk,
        effort=PROMISE,
    )


def migrate(cloud: Cloud, host: HostState, servers: Collection[str], why: str = "") -> Mend:
    """Move servers away from a host, by id."""
    moved = sorted(servers)
    names = [cloud.servers[each].name if each in cloud.servers else each for each in moved]
    return Mend(
        key=f"move {' '.join(moved)} from {host.host}",
        change=f"move {' and '.join(names)} away from {host.host}{why}",
        commands=tuple(shell("openstack", "server", "migrate", "--live-migration", each) for each in moved),
        risk="a live migration loads the network, and may fail",
        effort=MOVE,
    )


def _properties(names: list[str]) -> str:
    return f"{'property' if len(names) == 1 else 'properties'} {' and '.join(names)}"
