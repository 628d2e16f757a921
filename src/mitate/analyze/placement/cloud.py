"""A snapshot as the scheduler sees it: hosts with service, hypervisor, provider, aggregates and servers."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from urllib.parse import unquote

import msgspec

from mitate.model.cloud import ComputeService, Flavor, Hypervisor, Server
from mitate.model.host import ConfigOption
from mitate.model.placement import (
    Aggregate,
    Allocation,
    Candidates,
    HostedServers,
    Inventory,
    Provider,
    ProviderAggregates,
    ProviderTraits,
    ServerEvent,
    ServerGroup,
    ServerRequest,
)
from mitate.model.snapshot import Snapshot


class HostState(msgspec.Struct, frozen=True):
    """One compute node. host: of its service. node: its hypervisor's host name, and its provider's name.

    servers: ids of those that run there, None when it was not asked. service, hypervisor, provider: None
    when there is none. placed: servers of the request itself that the scheduler already gave to it.
    """

    host: str
    node: str
    service: ComputeService | None = None
    hypervisor: Hypervisor | None = None
    provider: Provider | None = None
    aggregates: tuple[Aggregate, ...] = ()
    servers: frozenset[str] | None = None
    placed: int = 0

    def metadata(self, key: str) -> set[str]:
        """Every value of a key in the metadata of its aggregates, split at commas as Nova does
        (nova.scheduler.filters.utils.aggregate_metadata_get_by_host)."""
        found = [value for each in self.aggregates for name, value in each.metadata if name == key]
        return {part.strip() for value in found for part in value.split(",")}

    @property
    def zone(self) -> str:
        """The availability zone of its aggregates; "" when none names one (then the default zone counts)."""
        return next((each.zone for each in self.aggregates if each.zone), "")


class Cloud:
    """All that filters and constraints may look at. Everything is an index over the snapshot, made once."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.flavors = snapshot.all(Flavor)
        self.servers = {each.id: each for each in snapshot.all(Server)}
        self.requests = {each.server_id: each for each in snapshot.all(ServerRequest)}
        self.events = snapshot.all(ServerEvent)
        self.groups = snapshot.all(ServerGroup)
        self.aggregates = snapshot.all(Aggregate)
        self.providers = {each.id: each for each in snapshot.all(Provider)}
        self.candidates = {unquote(each.query): each for each in snapshot.all(Candidates)}

    @cached_property
    def hosts(self) -> tuple[HostState, ...]:
        """Every compute node that the API or Placement names, by host name.

        A provider without a hypervisor is a host, too (a compute that is not mapped to its cell, or that is
        gone): its host is its name.
        """
        services = {
            each.host: each for each in self.snapshot.all(ComputeService) if each.binary == "nova-compute"
        }
        roots = {each.name: each for each in self.providers.values() if not each.parent_id}
        hosted = {each.hypervisor: frozenset(each.servers) for each in self.snapshot.all(HostedServers)}
        member: dict[str, list[Aggregate]] = defaultdict(list)
        for aggregate in self.aggregates:
            for host in aggregate.hosts:
                member[host].append(aggregate)
        found: dict[str, HostState] = {}
        for hypervisor in self.snapshot.all(Hypervisor):
            host = hypervisor.service_host or hypervisor.hostname
            found[hypervisor.hostname] = HostState(
                host,
                hypervisor.hostname,
                services.get(host),
                hypervisor,
                roots.get(hypervisor.hostname),
                tuple(member[host]),
                hosted.get(hypervisor.hostname),
            )
        known = {state.host for state in found.values()}
        for name, provider in roots.items():
            if name not in found:
                short = name if name in services else name.partition(".")[0]
                found[name] = HostState(
                    short, name, services.get(short), None, provider, tuple(member[short]), None
                )
                known.add(short)
        for host, service in services.items():
            if host not in known:
                found[host] = HostState(host, host, service, aggregates=tuple(member[host]))
        return tuple(sorted(found.values(), key=lambda state: (state.host, state.node)))

    @cached_property
    def inventories(self) -> dict[str, dict[str, Inventory]]:
        """By provider and resource class."""
        found: dict[str, dict[str, Inventory]] = defaultdict(dict)
        for each in self.snapshot.all(Inventory):
            before = found[each.provider_id].get(each.resource_class)
            found[each.provider_id][each.resource_class] = _both(before, each) if before else each
        return dict(found)

    @cached_property
    def traits(self) -> dict[str, frozenset[str]]:
        return {each.provider_id: each.traits for each in self.snapshot.all(ProviderTraits)}

    @cached_property
    def provider_aggregates(self) -> dict[str, frozenset[str]]:
        """By provider; of one that was only found by some aggregates, those."""
        found: dict[str, frozenset[str]] = {}
        for each in self.snapshot.all(ProviderAggregates):
            found[each.provider_id] = found.get(each.provider_id, frozenset()) | each.aggregates
        return found

    @cached_property
    def allocations(self) -> dict[str, list[Allocation]]:
        """By provider."""
        found: dict[str, list[Allocation]] = defaultdict(list)
        for each in self.snapshot.all(Allocation):
            found[each.provider_id].append(each)
        return dict(found)

    @cached_property
    def trees(self) -> dict[str, list[Provider]]:
        """Every provider of a tree, by the root's id; the root first."""
        found: dict[str, list[Provider]] = defaultdict(list)
        for each in sorted(self.providers.values(), key=lambda one: (bool(one.parent_id), one.name)):
            found[each.root_id or each.id].append(each)
        return dict(found)

    def option(self, section: str, name: str) -> str | None:
        """An option of nova.conf as the scheduler reads it; None when no scheduler's file was seen or it is
        not set there. Of several schedulers the first by host name is taken; of several files the last."""
        return self._options.get((section, name))

    @cached_property
    def _options(self) -> dict[tuple[str, str], str]:
        said = [each for each in self.snapshot.all(ConfigOption) if each.service == "nova-scheduler"]
        first = min((each.source.host for each in said), default="")
        return {(each.section, each.name): each.value for each in said if each.source.host == first}


def _both(one: Inventory, other: Inventory) -> Inventory:
    """An inventory as its provider tells it (without what is used) and as a summary does, in one."""
    if one.total is None:
        one, other = other, one
    missing = {name: getattr(other, name) for name in one.__struct_fields__ if getattr(one, name) is None}
    return msgspec.structs.replace(one, **missing)
