"""What depends on what in an OpenStack cloud: the ground on which one finding explains another.

A node is (kind, id) of a ``Subject``. The edges are the cloud's own: an agent needs its host and the RPC
server, the RPC server needs the broker and the database, a port needs the L2 agent of its host, a server its
ports. They point one way, from what people notice down to what carries it, so the graph has no cycles.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from mitate.analyze.room import (
    NO_CANDIDATES,
    NO_CELL,
    Homes,
    asked,
    ever_fits,
    got_no_host,
    shelves,
    short_of,
    tried,
)
from mitate.model.cloud import (
    ComputeService,
    Endpoint,
    Flavor,
    FloatingIp,
    Hypervisor,
    NetworkAgent,
    Port,
    Server,
)
from mitate.model.host import ConfigOption, Filesystem, Process, Unit
from mitate.model.placement import Aggregate, Inventory, Provider, ProviderTraits, ServerEvent
from mitate.model.services import BY_NAME, SERVICES
from mitate.model.snapshot import Snapshot

Node = tuple[str, str]
Graph = Mapping[Node, set[Node]]

L2_AGENTS = ("neutron-linuxbridge-agent", "neutron-openvswitch-agent", "neutron-ovn-agent", "ovn-controller")

NEEDS: dict[str, tuple[str, ...]] = {
    "keystone": ("database", "cache"),
    "glance-api": ("database", "keystone"),
    "placement-api": ("database", "keystone"),
    "nova-api": ("database", "broker", "keystone"),
    "nova-api-metadata": ("database", "broker"),
    "nova-conductor": ("database", "broker"),
    "nova-scheduler": ("database", "broker", "placement-api", "keystone"),
    "nova-compute": ("broker", "nova-conductor", "placement-api", "keystone"),
    "neutron-api": ("database", "broker", "keystone"),
    "neutron-server": ("database", "broker", "keystone"),
    "neutron-rpc-server": ("database", "broker", "keystone"),
}
"""What a service cannot do its work without, by canonical name or by kind of infrastructure.

From each project's installation guide; a service not listed needs the broker, the database and Keystone.
"""

LOCAL = {"nova-compute": ("libvirtd",)}
"""What a service needs on its own host."""


def dependencies(snapshot: Snapshot) -> Graph:
    """Edges from every node that the snapshot knows to the nodes it needs directly."""
    graph: dict[Node, set[Node]] = defaultdict(set)
    where = _services(snapshot)
    for name, hosts in where.items():
        for host in hosts:
            graph[_node(name, host)] |= _service_needs(name, host, where)
    _storage(snapshot, where, graph)
    _configuration(snapshot, where, graph)
    for endpoint in snapshot.all(Endpoint):
        for service in SERVICES:
            if service.api and service.api == endpoint.service:
                graph["endpoint", f"{endpoint.service}/{endpoint.interface}"] |= _everywhere(
                    service.name, where
                )
    _networking(snapshot, where, graph)
    _servers(snapshot, where, graph)
    _placing(snapshot, where, graph)
    for api in ("placement", "cinder"):
        node = ("upgrade_check", f"{api.title()} API")
        graph[node] |= _everywhere(f"{api}-api", where)
        graph[node] |= {need for need in graph if need[0] == "endpoint" and need[1].startswith(f"{api}/")}
    return graph


def _services(snapshot: Snapshot) -> dict[str, set[str]]:
    """Canonical service name → hosts where it is, was, or should be."""
    where: dict[str, set[str]] = defaultdict(set)
    for process in snapshot.all(Process):
        if process.service:
            where[process.service].add(process.source.host)
    for unit in snapshot.all(Unit):
        if unit.service and unit.enabled not in ("disabled", "masked"):
            where[unit.service].add(unit.source.host)
    for row in snapshot.all(ComputeService):
        where[row.binary].add(row.host)
    for agent in snapshot.all(NetworkAgent):
        where[agent.binary].add(agent.host)
    where["neutron-rpc-server"] |= where["neutron-api"]  # a split server has its other half there
    return where


def _node(service: str, host: str) -> Node:
    """Network agents are subjects of their own kind (``analyze/subjects.py``)."""
    known = BY_NAME.get(service)
    is_agent = known is not None and known.project == "neutron" and known.reports
    return ("agent" if is_agent else "service", f"{service}@{host}")


def _everywhere(name: str, where: Mapping[str, set[str]]) -> set[Node]:
    """All services of that canonical name, or of that kind of infrastructure (broker, database, cache)."""
    names = [service.name for service in SERVICES if name in (service.name, service.project)] or [name]
    return {_node(each, host) for each in names for host in where.get(each, ())}


def _service_needs(name: str, host: str, where: Mapping[str, set[str]]) -> set[Node]:
    found: set[Node] = {("host", host)}
    known = BY_NAME.get(name)
    if known is None or known.project in ("broker", "database", "cache", "libvirt", "ovs", "ovn", "haproxy"):
        return found
    if known.project == "neutron" and known.reports:
        needs: Iterable[str] = ("neutron-rpc-server", "neutron-server", "broker")
    else:
        needs = NEEDS.get(name, ("database", "broker", "keystone"))
    for need in needs:
        found |= _everywhere(need, where)
    found |= {_node(near, host) for near in LOCAL.get(name, ()) if host in where.get(near, ())}
    return found


def _storage(snapshot: Snapshot, where: Mapping[str, set[str]], graph: dict[Node, set[Node]]) -> None:
    """A service needs the file systems of its host that hold its directories."""
    by_host: dict[str, list[str]] = defaultdict(list)
    for name, hosts in where.items():
        for host in hosts:
            by_host[host].append(name)
    for filesystem in snapshot.all(Filesystem):
        host = filesystem.source.host
        for name in by_host.get(host, ()):
            project = BY_NAME[name].project if name in BY_NAME else name
            if any(project in path or name in path or path in ("/", "/var") for path in filesystem.paths):
                graph[_node(name, host)].add(("filesystem", f"{host}:{filesystem.mount}"))


def _configuration(snapshot: Snapshot, where: Mapping[str, set[str]], graph: dict[Node, set[Node]]) -> None:
    """A service needs what its configuration says; a file of /etc/nova concerns every Nova service there."""
    projects: dict[tuple[str, str], list[Node]] = defaultdict(list)
    for name, hosts in where.items():
        project = BY_NAME[name].project if name in BY_NAME else name
        for host in hosts:
            projects[host, project].append(_node(name, host))
    sections = {(o.source.host, o.service, o.file, o.section) for o in snapshot.all(ConfigOption)}
    for host, service, file, section in sections:
        project = BY_NAME[service].project if service in BY_NAME else service
        for node in projects.get((host, project), ()):
            graph[node].add(("config", f"{host}:{file}[{section}]"))


def _networking(snapshot: Snapshot, where: Mapping[str, set[str]], graph: dict[Node, set[Node]]) -> None:
    def agents(host: str, *names: str) -> set[Node]:
        return {_node(name, host) for name in names if host in where.get(name, ())}

    for port in snapshot.all(Port):
        if not port.host:
            continue
        node = ("port", port.id)
        graph[node] |= agents(port.host, *L2_AGENTS) | {("host", port.host)}
        if port.device_owner == "network:dhcp":
            graph["network", port.network_id] |= agents(port.host, "neutron-dhcp-agent") | {node}
        elif port.device_owner.startswith("network:router") or port.device_owner.startswith(
            "network:ha_router"
        ):
            graph["router", port.device_id] |= agents(
                port.host, "neutron-l3-agent", "neutron-metadata-agent"
            ) | {node}
    for floating_ip in snapshot.all(FloatingIp):
        if floating_ip.router_id:
            graph["floating_ip", floating_ip.id].add(("router", floating_ip.router_id))
        if floating_ip.port_id:
            graph["floating_ip", floating_ip.id].add(("port", floating_ip.port_id))


def _servers(snapshot: Snapshot, where: Mapping[str, set[str]], graph: dict[Node, set[Node]]) -> None:
    """A running server needs its host and ports; one that was never placed needs those who place it."""
    ports: dict[str, list[Node]] = defaultdict(list)
    for port in snapshot.all(Port):
        if port.device_id and port.device_owner.startswith("compute:"):
            ports[port.device_id].append(("port", port.id))
    placing = _everywhere("nova-scheduler", where) | _everywhere("nova-conductor", where)
    placing |= _everywhere("placement-api", where)
    wiring = {node for name in L2_AGENTS for node in _everywhere(name, where)}
    flavors = {flavor.name: flavor.id for flavor in snapshot.all(Flavor)}
    for server in snapshot.all(Server):
        node = ("server", server.id)
        graph[node] |= set(ports.get(server.id, ()))
        if server.host:
            graph[node] |= {("service", f"nova-compute@{server.host}"), ("host", server.host)}
        if server.status == "ERROR":
            graph[node] |= placing
            if server.flavor_name:  # a flavour that is gone is called by its name
                graph[node].add(("flavor", flavors.get(server.flavor_name, server.flavor_name)))
            if "inding failed" in server.fault:
                graph[node] |= wiring


def _placing(snapshot: Snapshot, where: Mapping[str, set[str]], graph: dict[Node, set[Node]]) -> None:
    """A server that got no host needs the zone it asked for, and the hosts that might have taken it."""
    computes = [each for each in snapshot.all(ComputeService) if each.binary == "nova-compute"]
    zones: dict[str, list[ComputeService]] = defaultdict(list)
    for each in computes:
        zones[each.zone].append(each)
        graph["zone", each.zone].add(_node("nova-compute", each.host))
    aggregates: dict[str, set[Node]] = defaultdict(set)
    for aggregate in snapshot.all(Aggregate):
        if aggregate.zone:
            aggregates[aggregate.zone].add(("aggregate", aggregate.uuid))
    waiting = [server for server in snapshot.all(Server) if got_no_host(server)]
    if not waiting:
        return
    hosts, events = _Hosts(snapshot), snapshot.all(ServerEvent)
    shut = {zone for zone, near in zones.items() if not any(each.enabled and each.up for each in near)}
    for server in waiting:
        needs, zone = graph["server", server.id], server.zone.partition(":")[0]
        near = zones.get(zone, []) if zone else computes
        if zone in shut or (not zone and len(shut) == len(zones)):
            needs |= {("zone", each) for each in ([zone] if zone else shut)}
        needs |= aggregates.get(zone, set())
        if (cell := NO_CELL.search(server.fault)) is not None:
            needs.add(_node("nova-compute", cell[1]))
        elif "exceeded max" in server.fault.lower():  # hosts were found, and building failed on them
            failed_on = {event.host for event in tried(server, events)} or {each.host for each in near}
            needs |= _everywhere("glance-api", where) | {_node("nova-compute", host) for host in failed_on}
            needs |= {_node(name, host) for name in L2_AGENTS for host in failed_on & where.get(name, set())}
        else:  # as many servers ask for the same, what refused them stands in the graph once
            by_placement = NO_CANDIDATES.search(server.fault) is not None
            request = ("request", f"{zone} {by_placement} {sorted(asked(server).items())}")
            needs.add(request)
            if request not in graph:
                graph[request] = hosts.refusals(asked(server), near, by_placement)


class _Hosts:
    """Which of its parts keeps a host from taking a server, as far as room and reach tell."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._homes = Homes(snapshot.all(Provider), snapshot.all(Hypervisor))
        self._shelves = shelves(snapshot.all(Inventory))
        self._traits = {each.provider_id: each.traits for each in snapshot.all(ProviderTraits)}
        self._by_host = {each.service_host: each for each in self._homes.hypervisors}

    def refusals(
        self, wanted: Mapping[str, int], computes: Iterable[ComputeService], by_placement: bool
    ) -> set[Node]:
        """by_placement: it was Placement that had no candidate."""
        return {node for each in computes if (node := self._refusal(wanted, each, by_placement))}

    def _refusal(self, wanted: Mapping[str, int], service: ComputeService, by_placement: bool) -> Node | None:
        """Its service, where the scheduler does not reach it; its provider, where it is full or made small.

        Placement offers a compute that is down, or has no cell, like any other; what comes after passes it
        over. None for a host that is too small even when empty, that nobody knows, or that has room.
        """
        hypervisor = self._by_host.get(service.host)
        provider = self._homes.provider(hypervisor) if hypervisor else self._homes.alone(service.host)
        shelf = self._shelves.get(provider.id, {}) if provider else {}
        if not ever_fits(wanted, shelf, hypervisor):
            return None
        disabled = provider and "COMPUTE_STATUS_DISABLED" in self._traits.get(provider.id, ())
        away = not service.up or (self._by_host and not hypervisor)
        if disabled or not service.enabled or (away and not by_placement):
            return _node("nova-compute", service.host)
        return ("provider", provider.id) if provider and short_of(wanted, shelf) else None
