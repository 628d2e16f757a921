"""What filters look up of hosts, aggregates, servers and options; Unseen where nobody could tell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache

from mitate.analyze.placement.answers import Unseen
from mitate.analyze.placement.cloud import Cloud, HostState
from mitate.model.cloud import Server
from mitate.model.host import ConfigOption
from mitate.model.placement import Aggregate, HostedServers
from mitate.model.source import Fact


def must_see(cloud: Cloud, kind: type[Fact], what: str) -> None:
    """Raise Unseen unless somebody told facts of that class, or that there are none."""
    why = _why_blind(cloud, kind)
    if why:
        raise Unseen(f"{what} were not seen: {why}")


@lru_cache(maxsize=16)
def _why_blind(cloud: Cloud, kind: type[Fact]) -> str:
    gaps = cloud.snapshot.blind(kind)
    return gaps[0].why if gaps else ""


def aggregates(host: HostState, cloud: Cloud) -> tuple[Aggregate, ...]:
    if not host.aggregates:
        must_see(cloud, Aggregate, "host aggregates")
    return host.aggregates


def metadata(found: Iterable[Aggregate]) -> dict[str, set[str]]:
    """All metadata of aggregates, values split at commas (aggregate_metadata_get_by_host)."""
    merged: dict[str, set[str]] = defaultdict(set)
    for aggregate in found:
        for key, value in aggregate.metadata:
            merged[key].update(part.strip() for part in value.split(","))
    return merged


def values(host: HostState, cloud: Cloud, key: str) -> set[str]:
    """The whole values of one key, not split (aggregate_values_from_key)."""
    return {value for each in aggregates(host, cloud) for name, value in each.metadata if name == key}


def with_key(host: HostState, key: str) -> tuple[Aggregate, ...]:
    """Its aggregates that have a key in their metadata."""
    return tuple(each for each in host.aggregates if any(name == key for name, _ in each.metadata))


def servers_on(host: HostState, cloud: Cloud) -> frozenset[str]:
    """Ids of the servers on a host: as its hypervisor tells, else as the servers themselves do."""
    if host.servers is not None:
        return host.servers
    must_see(cloud, Server, f"the servers on {host.host}")
    return _by_host(cloud).get(host.host, frozenset())


@lru_cache(maxsize=2)
def _by_host(cloud: Cloud) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for server in cloud.servers.values():
        found[server.host].add(server.id)
    return {host: frozenset(ids) for host, ids in found.items()}


def tells_servers(host: HostState, cloud: Cloud) -> Fact | None:
    """The fact that says which servers are on a host, for evidence."""
    return _hosted(cloud).get(host.node) or host.service


@lru_cache(maxsize=2)
def _hosted(cloud: Cloud) -> dict[str, HostedServers]:
    return {each.hypervisor: each for each in cloud.snapshot.all(HostedServers)}


@lru_cache(maxsize=2)
def hosts_of(cloud: Cloud, members: tuple[str, ...]) -> frozenset[str]:
    """The hosts on which any of some servers run. Raises Unseen when one may be on a host nobody saw."""
    found, missing = set(), set(members)
    dark: Unseen | None = None
    for host in cloud.hosts:
        try:
            here = servers_on(host, cloud) & missing
        except Unseen as unseen:
            dark = unseen
            continue
        if here:
            found.add(host.host)
            missing -= here
    if dark and missing:
        raise dark
    return frozenset(found)


def server_name(cloud: Cloud, id_: str) -> str:
    """Its name if known, else its id."""
    known = cloud.servers.get(id_)
    return known.name if known and known.name else id_


def own_options(host: HostState, cloud: Cloud) -> list[ConfigOption]:
    """What the nova.conf of a host's own nova-compute says; empty when it was not seen."""
    return _own_options(cloud).get(host.host, [])


@lru_cache(maxsize=2)
def _own_options(cloud: Cloud) -> dict[str, list[ConfigOption]]:
    found: dict[str, list[ConfigOption]] = defaultdict(list)
    for each in cloud.snapshot.all(ConfigOption):
        if each.service == "nova-compute":
            found[each.source.host].append(each)
    return dict(found)


def number_option(cloud: Cloud, section: str, name: str, default: int) -> int:
    told = cloud.option(section, name)
    try:
        return int(told) if told else default
    except ValueError:
        return default


def list_option(cloud: Cloud, section: str, name: str) -> tuple[str, ...]:
    """A list of the configuration, without empty items (oslo.config's ListOpt)."""
    return tuple(filter(None, map(str.strip, (cloud.option(section, name) or "").split(","))))


def flag_option(cloud: Cloud, section: str, name: str, default: bool) -> bool:
    told = (cloud.option(section, name) or "").lower()
    return told in ("true", "1", "yes", "on") if told else default
