"""A server that nobody looked into, as the API describes it: its cards, addresses and routes.

It is taken to have what Neutron told it by DHCP, to have no firewall of its own, and to answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mitate.analyze.trace import space as spaces
from mitate.model.cloud import Port, Subnet
from mitate.model.net import Address, Link, Route
from mitate.model.source import Fact

if TYPE_CHECKING:
    from mitate.analyze.trace.space import Device
    from mitate.analyze.trace.world import World

METADATA = "169.254.169.254"
USUAL_MTU = 1500


def cards(seen: World, ports: Sequence[Port]) -> dict[str, Device]:
    """The cards of the server that has these ports, by port id; they share one namespace."""
    ports = sorted((each for each in ports if each.device_owner.startswith("compute:")), key=_age)
    if not ports:
        return {}
    server = seen.server_by_id.get(ports[0].device_id)
    facts: dict[type[Fact], list[Fact]] = {Link: [], Address: [], Route: []}
    names: dict[str, Port] = {}
    for number, port in enumerate(ports):
        name = "card" if number == 0 else f"card{number + 1}"
        names[name] = port
        net = seen.networks.get(port.network_id)
        facts[Link].append(
            Link(
                source=port.source,
                namespace="",
                name=name,
                index=number + 1,
                kind="guest",
                mtu=net.mtu if net and net.mtu else USUAL_MTU,
                up=server is None
                or server.status not in ("SHUTOFF", "PAUSED", "SUSPENDED", "ERROR", "SHELVED"),
                state="UP",
                mac=port.mac,
            )
        )
        for subnet_id, address in port.fixed_ips:
            subnet = seen.subnets.get(subnet_id)
            if subnet is None or subnet.ip_version != 4:
                continue
            prefix = int(subnet.cidr.partition("/")[2] or 32)
            facts[Address].append(
                Address(source=port.source, namespace="", link=name, ip=address, prefix=prefix)
            )
            facts[Route] += _routes(seen, port, subnet, name, number)
    space = spaces.Space(seen, ports[0].host, "", facts)
    space.guest = (server.name if server else "") or ports[0].device_id or ports[0].id
    found = {}
    for name, port in names.items():
        space.devices[name].port = port
        found[port.id] = space.devices[name]
    return found


def _age(port: Port) -> tuple[float, str]:
    return (port.created_at.timestamp() if port.created_at else 0.0, port.id)


def _routes(seen: World, port: Port, subnet: Subnet, name: str, metric: int) -> list[Route]:
    """What DHCP tells: the subnet itself, its gateway, its host routes, and the way to the metadata service
    where no router stands at the gateway (``enable_isolated_metadata``)."""

    def route(destination: str, via: str = "") -> Route:
        return Route(
            source=subnet.source,
            namespace="",
            table="main",
            destination=destination,
            via=via,
            link=name,
            metric=metric,
        )

    found = [route(subnet.cidr)]
    if subnet.gateway_ip:
        found.append(route("default", subnet.gateway_ip))
    found += [route(destination, via) for destination, via in subnet.host_routes if "." in destination]
    owners = {each.device_owner for each in seen.ports_of_ip.get(subnet.gateway_ip, ())}
    if not any(
        owner.startswith("network:router") or owner.startswith("network:ha_router") for owner in owners
    ):
        for each in seen.ports:
            if each.network_id == port.network_id and each.device_owner == "network:dhcp":
                found += [route(f"{METADATA}/32", ip) for _, ip in each.fixed_ips if "." in ip][:1]
                break
    return found
