from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.fixes import restart
from mitate.analyze.proxies import proxies
from mitate.analyze.subjects import network_subject
from mitate.analyze.wiring import nothing, serves_dhcp, settled, starting
from mitate.model.cloud import Network, Port, Subnet
from mitate.model.diagnosis import Severity
from mitate.model.host import ConfigOption, Process

TRUE = ("true", "1", "yes", "on")
OPTIONS = ("enable_isolated_metadata", "force_metadata", "enable_metadata_network")


@check(Network, Subnet, Port, Process, ConfigOption, severity=Severity.WARNING)
def isolated_metadata_proxy_missing(
    networks: Sequence[Network],
    subnets: Sequence[Subnet],
    ports: Sequence[Port],
    processes: Sequence[Process],
    options: Sequence[ConfigOption],
) -> Problems:
    """A network without router should get metadata from its DHCP namespace, and no proxy runs there.

    What it means
        The DHCP agent is told to serve metadata on networks that no router serves (enable_isolated_metadata),
        or on all (force_metadata). The haproxy for it is gone: new servers of that network come up without
        name, keys and user data.
    Why it happens
        haproxy was killed or cannot be started. Where a network has just lost its router, the agent starts
        the proxy only when it hears of it.
    Look again
        pgrep -af ns-metadata-proxy/NETWORK_ID
        ip netns exec qdhcp-NETWORK_ID ss -ltnp sport = :80
    Fix
        Restart the DHCP agent of that host.
    """
    on: dict[str, set[str]] = defaultdict(set)
    for option in options:
        if option.service == "neutron-dhcp-agent" and option.name in OPTIONS and option.value.lower() in TRUE:
            on[option.source.host].add(option.name)
    on = {host: names for host, names in on.items() if "enable_metadata_network" not in names}
    if not on:
        return
    alive = proxies(processes)
    looked = alive.seen.keys() - starting(processes, "neutron-dhcp-agent")
    routed = {
        fixed
        for port in ports
        if port.device_owner.startswith(("network:router_", "network:ha_router"))
        for fixed in port.fixed_ips
    }
    served = {s.network_id for s in subnets if s.dhcp and s.ip_version == 4}
    isolated = {
        s.network_id for s in subnets if s.dhcp and s.ip_version == 4 and (s.id, s.gateway_ip) not in routed
    }
    by_id = {network.id: network for network in networks if network.admin_up}
    for port in ports:
        host, network = port.host, by_id.get(port.network_id)
        if not serves_dhcp(port) or network is None or host not in looked or not settled(port):
            continue
        names = on.get(host, set())
        wanted = served if "force_metadata" in names else isolated if names else ()
        if network.id not in wanted or (host, network.id) in alive.running:
            continue
        yield Problem(
            subject=network_subject(network),
            says=f"{network_subject(network).name} should get metadata on {host} "
            f"({', '.join(sorted(names))}), and no proxy runs for it there",
            seen=(port, nothing(alive.seen[host], f"no process with ns-metadata-proxy/{network.id}")),
            fix=(restart(host, None, "neutron-dhcp-agent"),),
        )
