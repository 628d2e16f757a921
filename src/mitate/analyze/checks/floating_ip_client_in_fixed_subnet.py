from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address, ip_network

from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.subjects import floating_ip_subject
from mitate.analyze.wiring import INTERFACES, cidr, router_namespace
from mitate.model.cloud import FloatingIp, Port, Subnet
from mitate.model.diagnosis import Confidence, Severity
from mitate.model.net import ConntrackEntry, Neighbour

INTERFACE = (*INTERFACES, "network:router_interface_distributed")
DEAD = ("FAILED", "INCOMPLETE")
NAMED = 3


@check(FloatingIp, Port, Subnet, ConntrackEntry, Neighbour, severity=Severity.WARNING)
def floating_ip_client_in_fixed_subnet(
    floating_ips: Sequence[FloatingIp],
    ports: Sequence[Port],
    subnets: Sequence[Subnet],
    entries: Sequence[ConntrackEntry],
    neighbours: Sequence[Neighbour],
) -> Problems:
    """A client outside has an address of the server's own subnet, so the answer never comes home to it.

    What it means
        The request reaches the server by its floating IP. The server believes that the client sits beside it
        on the same network, asks there who has that address (ARP), and nobody answers. All other clients are
        served. Nothing is dropped anywhere, and no counter moves.
    Why it happens
        The tenant network uses the same private range as the office, the VPN or the client's own site.
        Traffic from outside is not translated by the router in that direction, so the server sees the
        client's real address. With a route to the client in the server the answer gets as far as the router,
        which looks for the client on the same wrong side; source NAT on that router does not help either.
        Where rp_filter is strict the router drops the request at once, and not even conntrack shows it. Where
        another server has the client's address, the answer goes there.
    Look again
        ip netns exec qrouter-ROUTER_ID conntrack -L --orig-dst FLOATING_IP     # [UNREPLIED]
        tcpdump -eni tapXXXXXXXXXXX arp         # on the compute host: who-has CLIENT tell SERVER, unanswered
        ip netns exec qrouter-ROUTER_ID ip neigh | grep CLIENT                  # FAILED: the half-mended case
        ip netns exec qrouter-ROUTER_ID nstat -az TcpExtIPReversePathFilter     # grows: strict rp_filter
    Fix
        Translate the client's address upstream, or give the tenant network another range. For single clients
        two routes together: a host route of the subnet (client/32 by the router; servers take it with their
        next lease) and a route of the router (client/32 by the upstream gateway). One alone fails.
    """
    nets = {subnet.id: (subnet, net) for subnet in subnets if (net := cidr(subnet)) is not None}
    by_id = {port.id: port for port in ports}
    wanted: dict[tuple[str, str], FloatingIp] = {
        (router_namespace(each.router_id), each.address): each
        for each in floating_ips
        if each.port_id and each.router_id
    }
    suspects: dict[str, list[ConntrackEntry]] = defaultdict(list)
    found: dict[str, FloatingIp] = {}
    for entry in entries:
        floating_ip = wanted.get((entry.namespace, entry.dst))
        # a client that came in by the tenant's side is translated, and its answer goes to the router
        if floating_ip is None or entry.reply_dst != entry.src or entry.reply_src != floating_ip.fixed_ip:
            continue
        suspects[floating_ip.id].append(entry)
        found[floating_ip.id] = floating_ip
    if not suspects:
        return
    owned = _Owned(ports)
    near = _near(
        neighbours, {(e.source.host, e.namespace, e.src) for each in suspects.values() for e in each}
    )
    for id_, tracked in suspects.items():
        floating_ip, port = found[id_], by_id.get(found[id_].port_id)
        here = (
            next((nets[s] for s, ip in port.fixed_ips if ip == floating_ip.fixed_ip and s in nets), None)
            if port
            else None
        )
        if port is None or here is None:
            continue
        subnet, net = here
        clients: dict[str, tuple[ConntrackEntry, Neighbour | None]] = {}
        for entry in tracked:
            if not _inside(entry.src, net) or owned.has(port.network_id, entry.src):
                continue
            seen = near.get((entry.source.host, entry.namespace, entry.src))
            dead = seen is not None and seen.state in DEAD
            if (seen is None and entry.unreplied) or dead:
                clients.setdefault(entry.src, (entry, seen))
        if not clients:
            continue
        names, half = (
            ", ".join(sorted(clients)[:NAMED]),
            any(not entry.unreplied for entry, _ in clients.values()),
        )
        yield Problem(
            subject=floating_ip_subject(floating_ip),
            says=f"{names} reaches for floating IP {floating_ip.address}, but lies inside {subnet.cidr}, the "
            f"subnet of the server behind it ({floating_ip.fixed_ip}): "
            + (
                "the router looks for it on the server's side"
                if half
                else "the server looks for it beside itself"
            )
            + ", and the answer never comes home",
            seen=(
                *(fact for pair in list(clients.values())[:NAMED] for fact in pair if fact is not None),
                subnet,
                floating_ip,
            ),
            confidence=Confidence.PROVED if any(n for _, n in clients.values()) else Confidence.CONFIRMED,
            fix=_routes(sorted(clients)[0], floating_ip, subnet, ports, subnets),
        )


class _Owned:
    """The addresses that ports of a network may use: their own and their allowed pairs."""

    def __init__(self, ports: Iterable[Port]) -> None:
        self._single: set[tuple[str, str]] = set()
        self._wide: dict[str, list[IPv4Network | IPv6Network]] = defaultdict(list)
        for port in ports:
            self._single |= {(port.network_id, ip) for _, ip in port.fixed_ips}
            for pair, _ in port.allowed_pairs:
                try:
                    self._wide[port.network_id].append(ip_network(pair, strict=False))
                except ValueError:
                    continue

    def has(self, network_id: str, ip: str) -> bool:
        if (network_id, ip) in self._single:
            return True
        # 0.0.0.0/0 lets a port speak for anybody (a VPN or firewall server): it says nothing of this address
        return any(_inside(ip, net) for net in self._wide.get(network_id, ()) if net.prefixlen > 0)


def _inside(ip: str, net: IPv4Network | IPv6Network) -> bool:
    try:
        return ip_address(ip) in net
    except ValueError:
        return False


def _near(
    neighbours: Iterable[Neighbour], wanted: set[tuple[str, str, str]]
) -> Mapping[tuple[str, str, str], Neighbour]:
    """What the router knows of those clients on its legs inside (qr-)."""
    return {
        key: each
        for each in neighbours
        if each.link.startswith("qr-") and (key := (each.source.host, each.namespace, each.ip)) in wanted
    }


def _routes(
    client: str, floating_ip: FloatingIp, subnet: Subnet, ports: Iterable[Port], subnets: Iterable[Subnet]
) -> tuple[str, ...]:
    """The pair of routes for one client; nothing where one of both next hops is unknown."""
    inside = next(
        (
            ip
            for port in ports
            if port.device_owner in INTERFACE and port.device_id == floating_ip.router_id
            for subnet_id, ip in port.fixed_ips
            if subnet_id == subnet.id
        ),
        "",
    )
    upstream = next(
        (s.gateway_ip for s in subnets if s.network_id == floating_ip.network_id and s.ip_version == 4), ""
    )
    if not inside or not upstream or not isinstance(ip_address(client), IPv4Address):
        return ()
    return (
        f"openstack subnet set --host-route destination={client}/32,gateway={inside} {subnet.id}",
        f"openstack router add route --route destination={client}/32,gateway={upstream} "
        f"{floating_ip.router_id}",
    )
