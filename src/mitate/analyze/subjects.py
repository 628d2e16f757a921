"""How subjects are named, in one place, so that findings about the same thing meet."""

from __future__ import annotations

from collections.abc import Mapping

from mitate.model.cloud import (
    ComputeService,
    Endpoint,
    Flavor,
    FloatingIp,
    Network,
    NetworkAgent,
    Port,
    Router,
    Server,
)
from mitate.model.diagnosis import Subject
from mitate.model.net import Link
from mitate.model.placement import Aggregate, Provider

AGENT_TYPES = {
    "neutron-linuxbridge-agent": "Linux bridge agent",
    "neutron-openvswitch-agent": "Open vSwitch agent",
    "neutron-l3-agent": "L3 agent",
    "neutron-dhcp-agent": "DHCP agent",
    "neutron-metadata-agent": "Metadata agent",
    "neutron-ovn-metadata-agent": "OVN Metadata agent",
}
"""As Neutron prints them (neutron_lib.constants AGENT_TYPE_*), by binary."""


def host_subject(host: str) -> Subject:
    return Subject("host", host, host, host)


def agent_subject(agent: NetworkAgent) -> Subject:
    return Subject("agent", f"{agent.binary}@{agent.host}", f"{agent.type} on {agent.host}", agent.host)


def agent_named(binary: str, host: str, rows: Mapping[tuple[str, str], NetworkAgent]) -> Subject:
    """The same for an agent that only its host has told of so far; ``rows`` by (host, binary)."""
    row = rows.get((host, binary))
    if row:
        return agent_subject(row)
    return Subject("agent", f"{binary}@{host}", f"{AGENT_TYPES.get(binary, binary)} on {host}", host)


def service_subject(name: str, host: str) -> Subject:
    """A service that is no network agent: ``name`` is canonical (``mitate.model.services``)."""
    return Subject("service", f"{name}@{host}", f"{name} on {host}", host)


def compute_service_subject(service: ComputeService) -> Subject:
    return service_subject(service.binary, service.host)


def endpoint_subject(endpoint: Endpoint) -> Subject:
    name = f"{endpoint.interface} endpoint of {endpoint.service} ({endpoint.url})"
    return Subject("endpoint", f"{endpoint.service}/{endpoint.interface}", name)


def filesystem_subject(host: str, path: str) -> Subject:
    return Subject("filesystem", f"{host}:{path}", f"{path} on {host}", host)


def database_subject(host: str, schema: str) -> Subject:
    return Subject("database", f"{host}:{schema}", f"database {schema} on {host}", host)


def queue_subject(host: str, vhost: str, name: str) -> Subject:
    """A queue of which nobody can say whose it is; otherwise its consumer is the subject."""
    return Subject("queue", f"{host}:{vhost}/{name}", f"queue {name}", host)


def config_subject(host: str, file: str, section: str) -> Subject:
    return Subject("config", f"{host}:{file}[{section}]", f"[{section}] of {file} on {host}", host)


def server_subject(server: Server) -> Subject:
    return Subject("server", server.id, f"server {server.name}", server.host)


def port_subject(port: Port, server: Server | None = None) -> Subject:
    address = port.fixed_ips[0][1] if port.fixed_ips else port.mac
    owner = f"of server {server.name}" if server else f"({port.device_owner or 'unattached'})"
    return Subject("port", port.id, f"port {address} {owner}", port.host)


def network_subject(network: Network) -> Subject:
    return Subject("network", network.id, f"network {network.name or network.id}")


def router_subject(router: Router) -> Subject:
    return Subject("router", router.id, f"router {router.name or router.id}")


def floating_ip_subject(floating_ip: FloatingIp) -> Subject:
    return Subject("floating_ip", floating_ip.id, f"floating IP {floating_ip.address}")


def flavor_subject(flavor: Flavor) -> Subject:
    return Subject("flavor", flavor.id, f"flavour {flavor.name}")


def provider_subject(provider: Provider, host: str = "") -> Subject:
    """host: of the compute that it belongs to."""
    return Subject("provider", provider.id, f"provider {provider.name}", host)


def aggregate_subject(aggregate: Aggregate) -> Subject:
    return Subject("aggregate", aggregate.uuid, f"aggregate {aggregate.name}")


def zone_subject(zone: str) -> Subject:
    return Subject("zone", zone, f"availability zone {zone}")


def link_subject(link: Link) -> Subject:
    return Subject(
        "link", f"{link.source.host}:{link.name}", f"{link.name} on {link.source.host}", link.source.host
    )
