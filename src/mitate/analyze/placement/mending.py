"""The changes that cure what Placement says no to. Where a filter has the same cure, it has the same key."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

import msgspec

from mitate.analyze.fixes import restart, shell
from mitate.analyze.placement.answers import Mend
from mitate.analyze.placement.cloud import Cloud, HostState
from mitate.analyze.placement.filters._mends import (
    ask_again,
    enable,
    flavor_without,
    image_without,
    join,
    leave,
    other_zone,
)
from mitate.analyze.placement.offers import Offer, held
from mitate.model.cloud import Server
from mitate.model.placement import Aggregate, Allocation, Constraint, Provider, Wanted

SWITCH, ASK_ELSE, PROMISE, MOVE = 1, 2, 3, 4
_PLACEMENT = ("openstack", "--os-placement-api-version", "1.26", "resource", "provider")
_UNITS = {"MEMORY_MB": " MB", "DISK_GB": " GB"}
_OPTIONS = {"VCPU": "cpu", "MEMORY_MB": "ram", "DISK_GB": "disk"}
_RESERVED = {
    "VCPU": "reserved_host_cpus",
    "MEMORY_MB": "reserved_host_memory_mb",
    "DISK_GB": "reserved_host_disk_mb",
}
_SANE = {"VCPU": 32.0, "MEMORY_MB": 3.0, "DISK_GB": 5.0}
"""Ratios above these are not proposed."""
_RISKS = {
    "VCPU": "servers then wait for one another's CPU time",
    "MEMORY_MB": "when servers use what they were promised, the host swaps or kills some of them",
    "DISK_GB": "when servers write what they were promised, the disk fills and they stop",
}


_CUSTOM = re.compile(r"CUSTOM_[A-Z0-9_]{1,248}")

# -- capacity ------------------------------------------------------------


def capacity(one: Constraint, host: HostState, cloud: Cloud, wanted: Wanted, here: Offer) -> tuple[Mend, ...]:
    """Each alone makes room for the amount on this provider."""
    found = [*smaller(one, here, wanted)]
    possible = here.capacity is not None and not here.full and one.amount >= here.least
    if possible and one.amount % here.step == 0 and (here.most is None or one.amount <= here.most):
        missing = (here.used or 0) + one.amount - (here.capacity or 0)
        found += [*_heal(missing, cloud, here), *_free(missing, one, host, cloud, here)]
        found += [*_ratio(one, host, here), *_reserved(one, host, here)]
    return tuple(found)


def smaller(one: Constraint, here: Offer, wanted: Wanted) -> Iterator[Mend]:
    """Ask for less: as much as fits, or what the flavour has without its property."""
    if one.origin.startswith("property resources"):
        usual = {"VCPU": wanted.vcpus, "MEMORY_MB": wanted.ram_mb, "DISK_GB": wanted.disk_gb}.get(one.name, 0)
        if one.group or not here.why_not(usual):
            yield from without(one, wanted)
    if here.largest <= 0 or here.largest >= one.amount:
        return
    words = {"VCPU": "VCPUs", "PCPU": "pinned CPUs", "MEMORY_MB": "MB of memory", "DISK_GB": "GB of disk"}
    if one.origin == f"flavour {wanted.flavor_name}" or one.name in words:
        change = (
            f"take a flavour with at most {here.largest} {words.get(one.name, one.name)}, not {one.amount}"
        )
    else:
        change = f"ask for {here.largest} of {one.name} instead of {one.amount} ({one.origin})"
    option = {"VCPU": "--vcpus", "MEMORY_MB": "--ram", "DISK_GB": "--disk"}.get(one.name)
    commands = []
    if option and one.origin == f"flavour {wanted.flavor_name}":
        sizes = {"--vcpus": wanted.vcpus, "--ram": wanted.ram_mb, "--disk": wanted.disk_gb}
        sizes[option] = here.largest - (one.amount - sizes[option])
        if sizes[option] < (0 if option == "--disk" else 1):
            return
        words_ = [word for name, size in sizes.items() for word in (name, str(size))]
        name = f"{wanted.flavor_name}-{here.largest}"
        commands.append(shell("openstack", "flavor", "create", *words_, name))
        commands.append(ask_again(msgspec.structs.replace(wanted, flavor_name=name)))
    if one.origin.startswith("property resources"):
        key = f"resources{one.group}:{one.name}={here.largest}"
        commands.append(shell("openstack", "flavor", "set", "--property", key, wanted.flavor_name))
        commands.append(ask_again(wanted))
    yield Mend(asking(one, here.largest), change, tuple(commands), effort=ASK_ELSE)


def asking(one: Constraint, amount: int) -> str:
    """The key of asking for so much of a class; less cures what more does (see changes.py)."""
    return f"ask {one.group} {one.name} {amount}"


def orphans(cloud: Cloud, here: Offer) -> list[Allocation]:
    """What consumers hold that are no servers; none where the list of servers was not seen."""
    if not cloud.servers or cloud.snapshot.blind(Server):
        return []
    return [
        each
        for each in held(cloud, here.provider, here.resource_class)
        if each.consumer_id not in cloud.servers
    ]


def _heal(missing: int, cloud: Cloud, here: Offer) -> Iterator[Mend]:
    lost = orphans(cloud, here)
    if lost and sum(each.amount for each in lost) >= missing:
        consumers = sorted({each.consumer_id for each in lost})
        yield Mend(
            f"heal {here.provider.id}",
            f"heal {len(consumers)} orphaned allocation{'s' if len(consumers) > 1 else ''} on "
            f"{here.provider.name}: no server is called {consumers[0]}"
            + (" …" if len(consumers) > 1 else ""),
            tuple(shell(*_PLACEMENT, "allocation", "delete", each) for each in consumers[:50]),
            "a migration that is under way holds an allocation under its own id: look for one first "
            "(openstack server migration list)",
            SWITCH,
        )


def _free(missing: int, one: Constraint, host: HostState, cloud: Cloud, here: Offer) -> Iterator[Mend]:
    if missing <= 0 or one.amount > (here.capacity or 0):
        return
    unit = _UNITS.get(one.name, "")
    change = f"free {missing}{unit} of {one.name} on {host.host}"
    users, commands, freed = held(cloud, here.provider, one.name), [], 0
    for each in users:
        server = cloud.servers.get(each.consumer_id)
        if server and freed < missing:
            commands.append(shell("openstack", "server", "migrate", "--live-migration", each.consumer_id))
            freed += each.amount
    if users:
        server = cloud.servers.get(users[0].consumer_id)
        change += f" ({server.name if server else users[0].consumer_id} holds {users[0].amount}{unit})"
    risk = "a live migration loads the network, and may fail"
    yield Mend(f"free {here.provider.id} {one.name} {missing}", change, tuple(commands), risk, MOVE)


def _ratio(one: Constraint, host: HostState, here: Offer) -> Iterator[Mend]:
    known = here.inventory
    if not known or known.total is None or known.reserved is None or known.ratio is None:
        return
    usable, name = known.total - known.reserved, one.name
    if usable <= 0 or name not in _SANE:
        return
    needed = math.ceil(((here.used or 0) + one.amount) / usable * 100 - 1e-9) / 100
    if not known.ratio < needed <= _SANE[name]:
        return
    sane = needed <= 1
    yield Mend(
        f"ratio {here.provider.id} {name} {needed:g}",
        f"raise the allocation ratio of {name} on {host.host} from {known.ratio:g} to {needed:g}",
        (
            shell(
                *_PLACEMENT,
                "inventory",
                "set",
                "--amend",
                "--resource",
                f"{name}:allocation_ratio={needed:g}",
                here.provider.id,
            ),
            f"# where nova.conf of {host.host} sets {_OPTIONS[name]}_allocation_ratio, "
            "change it there and restart nova-compute",
        ),
        "" if sane else _RISKS[name],
        SWITCH if sane else PROMISE,
    )


def _reserved(one: Constraint, host: HostState, here: Offer) -> Iterator[Mend]:
    known = here.inventory
    if not known or not known.total or not known.reserved or not known.ratio or one.name not in _RESERVED:
        return
    left = known.total - math.ceil(((here.used or 0) + one.amount) / known.ratio - 1e-9)
    if not 0 <= left < known.reserved:
        return
    option = _RESERVED[one.name]
    value = left * 1024 if one.name == "DISK_GB" else left
    most = known.reserved * 2 > known.total
    yield Mend(
        f"reserved {here.provider.id} {one.name} {left}",
        f"lower what {host.host} reserves of {one.name} from {known.reserved} to {left}",
        (
            f"# in nova.conf of {host.host}: [DEFAULT] {option} = {value}",
            restart(host.host, None, "nova-compute"),
        ),
        "" if most else "the host itself works with what is reserved",
        SWITCH if most else PROMISE,
    )


# -- traits, aggregates, hosts ------------------------------------------------------------


def missing_trait(one: Constraint, host: HostState, cloud: Cloud, wanted: Wanted) -> tuple[Mend, ...]:
    """Put it on the provider (a CUSTOM_ one: all others belong to the driver), or do not ask for it."""
    found = [*without(one, wanted)]
    name = one.name.split(",")[0]
    if _CUSTOM.fullmatch(name) and host.provider:
        commands = [shell(*_trait("create", name))] if _unknown(name, cloud) else []
        commands.append(_change_traits(host.provider, put=name))
        risk = "servers that ask for the trait then rely on the host having what it stands for"
        change = f"put the trait {name} on {host.host}"
        found.append(Mend(f"trait {name} on {host.host}", change, tuple(commands), risk, SWITCH))
    return tuple(found)


def forbidden_trait(one: Constraint, host: HostState, cloud: Cloud, wanted: Wanted) -> tuple[Mend, ...]:
    """Take it off the provider, or do not forbid it; a disabled host is enabled."""
    if one.name == "COMPUTE_STATUS_DISABLED":
        return _enabled(host)
    found = [*without(one, wanted)]
    if _CUSTOM.fullmatch(one.name) and host.provider:
        command = _change_traits(host.provider, drop=one.name)
        change = f"take the trait {one.name} off {host.host}"
        found.append(Mend(f"trait {one.name} off {host.host}", change, (command,), effort=SWITCH))
    return tuple(found)


def _enabled(host: HostState) -> tuple[Mend, ...]:
    """The service sets the trait; where they differ, telling the service once more mends it."""
    service = host.service
    if service and not service.enabled:
        return (enable(host, service),)
    words = ("openstack", "compute", "service", "set")
    commands = tuple(shell(*words, flag, host.host, "nova-compute") for flag in ("--disable", "--enable"))
    change = f"disable and enable nova-compute on {host.host}, so that its trait is set anew"
    return (Mend(f"trait COMPUTE_STATUS_DISABLED off {host.host}", change, commands, effort=SWITCH),)


def without(one: Constraint, wanted: Wanted) -> Iterator[Mend]:
    """Do not ask for it: take off the property it comes from."""
    hit = re.match(r"property (\S+)=.* of (flavour|image) ", one.origin)
    if hit:
        yield (flavor_without if hit[2] == "flavour" else image_without)(wanted, [hit[1]])


def outside(one: Constraint, host: HostState, cloud: Cloud, wanted: Wanted) -> tuple[Mend, ...]:
    """In none of the aggregates that are demanded."""
    named = [each for each in cloud.aggregates if each.uuid in one.name.split(",")]
    if any(host.host in each.hosts for each in named):
        change = "tell Placement Nova's aggregates again"
        return (Mend("sync_aggregates", change, ("nova-manage placement sync_aggregates",), effort=SWITCH),)
    found = []
    if one.origin.startswith("availability zone "):
        default = cloud.option("DEFAULT", "default_availability_zone") or "nova"
        found = [other_zone(wanted, host.zone or default), other_zone(wanted, "")]
    if named and not (host.zone and named[0].zone and host.zone != named[0].zone):
        found.append(join(named[0], host))
    return tuple(found)


def inside(host: HostState, named: Sequence[Aggregate]) -> tuple[Mend, ...]:
    """In an aggregate that is kept for others."""
    return (leave(named, host),) if named else ()


def any_host(wanted: Wanted) -> Mend:
    return Mend(
        "any host",
        f"let any host take it, not only {wanted.host or wanted.forced_host}",
        (ask_again(wanted, zone=wanted.zone, host=False),),
        effort=ASK_ELSE,
    )


def no_provider(host: HostState) -> tuple[Mend, ...]:
    """nova-compute makes its provider when it starts, and once a minute."""
    change = f"restart nova-compute on {host.host}, so that it tells Placement what it has"
    commands = (restart(host.host, None, "nova-compute"),)
    return (Mend(f"provider {host.host}", change, commands, effort=SWITCH),)


def _change_traits(provider: Provider, put: str = "", drop: str = "") -> str:
    """There is no command that adds or removes one trait of a provider: all are read, and set again."""
    listing = f"{shell(*_PLACEMENT, 'trait', 'list')} -f value -c name {shell(provider.id)}"
    filtered = shell("sed", f"/^{drop}$/d; s/^/--trait /" if drop else "s/^/--trait /")
    more = f" {shell('--trait', put)}" if put else ""
    return f"{shell(*_PLACEMENT, 'trait', 'set')} $({listing} | {filtered}){more} {shell(provider.id)}"


def _trait(*words: str) -> tuple[str, ...]:
    return ("openstack", "--os-placement-api-version", "1.6", "trait", *words)


@lru_cache(maxsize=64)
def _unknown(name: str, cloud: Cloud) -> bool:
    """Whether no provider has a trait, so that it may have to be created first."""
    return not any(name in traits for traits in cloud.traits.values())
