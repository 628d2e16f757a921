"""Where Neutron's agents put what they make on a host: namespaces, devices, and who is in charge of a router.

The names are Neutron's own rules: qrouter-ID and qdhcp-ID (``neutron/agent/l3/namespaces.py``,
``agent/linux/dhcp.py``), and a prefix with the first 11 characters of the port's id for devices.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network

import msgspec

from mitate.model.cloud import Port, Router, Subnet
from mitate.model.diagnosis import Evidence
from mitate.model.host import Process
from mitate.model.net import Address, Link
from mitate.model.source import Fact

Place = tuple[str, str]
"""(host, namespace); the host's own namespace is ""."""

INTERFACES = ("network:router_interface", "network:ha_router_replicated_interface")
GATEWAY = "network:router_gateway"
DISTRIBUTED = ("network:router_interface_distributed", "network:router_centralized_snat")

SETTLING = timedelta(seconds=60)
"""What is younger may still be on its way through the agents."""


def place(fact: Address | Link) -> Place:
    return (fact.source.host, fact.namespace)


def seen_hosts(links: Iterable[Link]) -> dict[str, Link]:
    """The hosts whose own interfaces were told (there is always one: lo), each with one of them."""
    return {link.source.host: link for link in links if not link.namespace}


def nothing(like: Fact, words: str) -> Evidence:
    """Evidence that something is absent: what would have shown it, and what it showed instead."""
    return Evidence.of(like, words)


def settled(port: Port) -> bool:
    """False while the port is so young that its wiring may still be under way."""
    return port.created_at is None or port.source.at - port.created_at >= SETTLING


def starting(processes: Iterable[Process], agent: str) -> set[str]:
    """The hosts on which that agent (a service's name) has just started: it is putting back what is missing,
    and must not be started anew."""
    begun: dict[str, bool] = {}
    for process in processes:
        if process.service == agent and process.started_at is not None:
            young = process.source.at - process.started_at < SETTLING
            begun[process.source.host] = begun.get(process.source.host, True) and young
    return {host for host, young in begun.items() if young}


def bridge_name(network_id: str) -> str:
    """The bridge of a network under the Linux bridge agent: brq and 11 characters of its id."""
    return f"brq{network_id[:11]}"


def router_namespace(router_id: str) -> str:
    return f"qrouter-{router_id}"


def dhcp_namespace(network_id: str) -> str:
    return f"qdhcp-{network_id}"


def serves_dhcp(port: Port) -> bool:
    """A port by which a DHCP agent serves its network on a host.

    Not those left for the next agent (``reserved_dhcp_port``), nor OVN's metadata ports (``ovnmeta-``).
    """
    return (
        port.device_owner == "network:dhcp"
        and port.device_id.startswith("dhcp")
        and bool(port.host)
        and port.admin_up
        and port.vif_type not in ("unbound", "binding_failed")
    )


def cidr(subnet: Subnet) -> IPv4Network | IPv6Network | None:
    """The subnet's prefix; None when it cannot be read."""
    try:
        return ip_network(subnet.cidr, strict=False)
    except ValueError:
        return None


def router_ports(ports: Iterable[Port]) -> dict[str, list[Port]]:
    """Router id → its interface and gateway ports."""
    owned: dict[str, list[Port]] = defaultdict(list)
    for port in ports:
        if port.device_owner in (*INTERFACES, *DISTRIBUTED, GATEWAY):
            owned[port.device_id].append(port)
    return owned


def is_distributed(router: Router, ports: Iterable[Port]) -> bool:
    return bool(router.distributed) or any(port.device_owner in DISTRIBUTED for port in ports)


def is_ha(router: Router, ports: Iterable[Port]) -> bool:
    return bool(router.ha) or any(port.device_owner == INTERFACES[1] for port in ports)


def router_device(port: Port) -> str:
    """The name of a router port's device in the router's namespace."""
    return f"{'qg' if port.device_owner == GATEWAY else 'qr'}-{port.id[:11]}"


class Home(msgspec.Struct, frozen=True):
    """The namespace that does the work of a router."""

    router: Router
    host: str
    ports: tuple[Port, ...]
    """Interfaces and gateway."""
    ha: bool = False

    @property
    def namespace(self) -> str:
        return router_namespace(self.router.id)

    @property
    def place(self) -> Place:
        return (self.host, self.namespace)


def homes(
    routers: Iterable[Router], ports: Iterable[Port], inside: Iterable[Place], addresses: Iterable[Address]
) -> Iterator[Home]:
    """Where each router that lives in one place does its work, as far as it was seen.

    inside: the namespaces that could be looked into. A legacy router works where its ports are bound, an HA
    router where its addresses are (the standby has none); distributed routers work everywhere and are left
    out, as are OVN's, which have no namespace.
    """
    hosts: dict[str, set[str]] = defaultdict(set)
    for host, namespace in inside:
        if namespace.startswith("qrouter-"):
            hosts[namespace].add(host)
    owned = router_ports(ports)
    held = {(*place(address), address.ip) for address in addresses}
    for router in routers:
        here, namespace = owned.get(router.id, []), router_namespace(router.id)
        if not router.admin_up or not here or namespace not in hosts or is_distributed(router, here):
            continue
        ha = is_ha(router, here)
        if ha:
            ips = {ip for port in here for _, ip in port.fixed_ips}
            found = {host for host in hosts[namespace] if any((host, namespace, ip) in held for ip in ips)}
        else:
            bound = {port.host for port in here if port.host}
            found = bound & hosts[namespace] if len(bound) == 1 else set()  # two: it is being moved
        for host in sorted(found):
            yield Home(router, host, tuple(here), ha)
