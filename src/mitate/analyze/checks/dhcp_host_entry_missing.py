from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.fixes import restart
from mitate.analyze.subjects import network_subject
from mitate.analyze.wiring import nothing, serves_dhcp, settled
from mitate.model.cloud import Network, Port, Subnet
from mitate.model.diagnosis import Severity
from mitate.model.net import DhcpHost

NAMED = 5
"""Ports that the sentence names; a broken file may lack thousands."""


@check(Network, Subnet, Port, DhcpHost, severity=Severity.WARNING)
def dhcp_host_entry_missing(
    networks: Sequence[Network],
    subnets: Sequence[Subnet],
    ports: Sequence[Port],
    entries: Sequence[DhcpHost],
) -> Problems:
    """The host file of a network's dnsmasq lacks a port: its server is refused an address.

    What it means
        Neutron's dnsmasq answers only MAC addresses in its host file. A port that is missing there, or stands
        there with another address, sends Discover and gets no Offer; its server boots without an address.
    Why it happens
        The DHCP agent has not heard of the port: it was dead or cut off from the broker when the port was
        made, its queue is long, or it failed in the middle of writing. With several agents each has a file.
    Look again
        grep MAC /var/lib/neutron/dhcp/NETWORK_ID/host
        openstack port show PORT -c mac_address -c fixed_ips
    Fix
        Restart the DHCP agent of that host: it asks for all ports anew and writes the file.
    """
    v4 = {s.id for s in subnets if s.dhcp and s.ip_version == 4}
    by_id = {network.id: network for network in networks if network.admin_up}
    written: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
    sample: dict[tuple[str, str], DhcpHost] = {}
    for entry in entries:
        key = (entry.source.host, entry.network_id)
        written[key].add((entry.mac.lower(), entry.ip))
        sample[key] = entry
    servers: dict[str, list[tuple[Port, str]]] = defaultdict(list)
    for port in ports:
        if port.device_owner.startswith("compute:") and port.admin_up and settled(port):
            servers[port.network_id] += [(port, ip) for subnet, ip in port.fixed_ips if subnet in v4]
    # an agent serves the subnets that its own port is on: with routed networks not all of them
    reach = {(p.host, p.network_id): {s for s, _ in p.fixed_ips} for p in ports if serves_dhcp(p)}
    for (host, network_id), served in reach.items():
        known = written.get((host, network_id))
        if not known or network_id not in by_id:
            continue  # its file was not seen, or is empty: which of both cannot be told
        lacking = [
            (port, ip)
            for port, ip in servers.get(network_id, ())
            if (port.mac.lower(), ip) not in known
            and served.intersection(s for s, i in port.fixed_ips if i == ip)
        ]
        if not lacking:
            continue
        network = by_id[network_id]
        names = ", ".join(f"{ip} ({port.mac})" for port, ip in lacking[:NAMED])
        more = f" and {len(lacking) - NAMED} more" if len(lacking) > NAMED else ""
        like = sample[host, network_id]
        yield Problem(
            subject=network_subject(network),
            says=f"dnsmasq of network {network.name or network.id} on {host} does not know {names}{more}",
            seen=(
                *(port for port, _ in lacking[:NAMED]),
                nothing(like, f"{len(known)} lines, none with {lacking[0][0].mac} and {lacking[0][1]}"),
            ),
            fix=(restart(host, None, "neutron-dhcp-agent"),),
        )
